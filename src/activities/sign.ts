import { Webhook } from 'standardwebhooks';

/** Secrets change seldom, and decoding one costs as much as a signature. */
const MOST_KNOWN = 1_000;
const signers = new Map<string, Webhook>();

function signerOf(secret: string): Webhook {
  const known = signers.get(secret);
  if (known) return known;
  if (signers.size >= MOST_KNOWN) signers.clear();
  const signer = new Webhook(secret);
  signers.set(secret, signer);
  return signer;
}

export interface Signing {
  /** The same on every attempt. */
  id: string;
  at: Date;
  body: string;
  /** `whsec_…`; two while a rotation overlaps, both sign. */
  secrets: readonly string[];
}

/** The headers by which a receiver knows who sent a body, and that it is fresh (standardwebhooks.com). */
export const signed = ({ id, at, body, secrets }: Signing) => ({
  'webhook-id': id,
  'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
  'webhook-signature': secrets.map((secret) => signerOf(secret).sign(id, at, body)).join(' '),
});
