import type { Payload, PayloadCodec } from '@temporalio/common';
import { Payloads } from '../../schemas/payload.js';
import { Problem } from '../../schemas/problem.js';
import { ApiProblem } from '../problem.js';
import { route } from '../route.js';

type Wire = Payloads['payloads'][number];

const fromWire = ({ metadata = {}, data }: Wire): Payload => ({
  metadata: Object.fromEntries(
    Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value, 'base64')]),
  ),
  ...(data === undefined ? {} : { data: Buffer.from(data, 'base64') }),
});

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

const toWire = ({ metadata, data }: Payload): Wire => ({
  metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)])),
  ...(data ? { data: base64(data) } : {}),
});

async function convert(payloads: Wire[], codec: PayloadCodec | undefined, direction: 'encode' | 'decode') {
  if (!codec) throw new ApiProblem('not_found', 'payloads are not encrypted here: PAYLOAD_KEYS is not set');
  const converted = await codec[direction](payloads.map(fromWire)).catch(() => {
    throw new ApiProblem('invalid', 'a payload cannot be read with the keys in PAYLOAD_KEYS');
  });
  return { payloads: converted.map(toWire) };
}

const common = {
  method: 'post' as const,
  callers: ['admin'] as const,
  tag: 'Operations',
  body: Payloads,
  bodyLimit: '8mb' as const,
  answers: { 200: Payloads, 404: Problem, 422: Problem },
};

const decode = route({
  ...common,
  path: '/codec/decode',
  summary: 'Decrypt payloads for the Temporal Web UI and CLI',
  handle: ({ body }, { codec }) => convert(body.payloads, codec, 'decode'),
});

const encode = route({
  ...common,
  path: '/codec/encode',
  summary: 'Encrypt payloads for the Temporal Web UI and CLI',
  handle: ({ body }, { codec }) => convert(body.payloads, codec, 'encode'),
});

/** A codec server as Temporal's tools expect it: `--codec-endpoint http://…/codec`. */
export const codecRoutes = [decode, encode];
