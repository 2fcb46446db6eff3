import { z } from 'zod';

/** One of Temporal's payloads as its codec servers exchange it: metadata and data in base64. */
const Payload = z.looseObject({
  metadata: z.record(z.string().max(200), z.base64().max(10_000)).optional(),
  data: z.base64().max(3_000_000).optional(),
});

/** What `/codec/encode` and `/codec/decode` take and answer, as Temporal's Web UI and CLI send it. */
export const Payloads = z.looseObject({ payloads: z.array(Payload).max(1_000) }).meta({ id: 'Payloads' });
export type Payloads = z.infer<typeof Payloads>;
