import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet from 'helmet';

/** Answers are data: nothing in them may be run, framed or loaded. */
const forData = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
  // Decided by whoever terminates TLS; sent over plain HTTP it means nothing.
  strictTransportSecurity: false,
});

/** The policy of a page that loads its own files from here, and nothing from anywhere else. */
export const PAGE_POLICY =
  "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** Puts the headers that browsers obey on an answer. */
export function secure(req: IncomingMessage, res: ServerResponse): void {
  forData(req, res, ignore);
}

function ignore(error?: unknown): void {
  if (error) throw error;
}
