import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import type { Config } from '../config.js';
import { createPayloadCodec } from './payload-codec.js';

/** Also part of the workflow bundle where payloads are encrypted. */
export const FAILURE_CONVERTER_PATH = fileURLToPath(new URL('./failure-converter.cjs', import.meta.url));

/** For clients and workers alike: with PAYLOAD_KEYS, what Temporal stores is encrypted, failures included. */
export const dataConverterOf = ({ PAYLOAD_KEYS }: Pick<Config, 'PAYLOAD_KEYS'>): DataConverter =>
  PAYLOAD_KEYS.length === 0
    ? {}
    : { payloadCodecs: [createPayloadCodec(PAYLOAD_KEYS)], failureConverterPath: FAILURE_CONVERTER_PATH };
