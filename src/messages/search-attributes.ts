import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

/** By what runs are found in the Temporal Web UI. Values are ids and states, never what a person wrote. */
export const MsOrg = defineSearchAttributeKey('MsOrg', SearchAttributeType.KEYWORD);
export const MsKind = defineSearchAttributeKey('MsKind', SearchAttributeType.KEYWORD);
export const MsAgent = defineSearchAttributeKey('MsAgent', SearchAttributeType.KEYWORD);
export const MsStatus = defineSearchAttributeKey('MsStatus', SearchAttributeType.KEYWORD);
