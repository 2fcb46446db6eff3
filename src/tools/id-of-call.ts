import { v5 as derivedId } from 'uuid';
import type { BuiltinContext } from './builtin.js';

/** Any: ids of calls are apart from all others by it. */
const CALLS = '2f1a6a1e-6f0f-5d0e-9c8b-0a7d6f3b9e41';

/** The id of what a call makes: the same however often it is made, and another in every organisation. */
export const idOfCall = ({ orgId, callId }: Pick<BuiltinContext, 'orgId' | 'callId'>): string =>
  derivedId(`${orgId}/${callId}`, CALLS);
