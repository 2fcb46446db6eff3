import { createTransport } from 'nodemailer';
import type { Config } from './config.js';

/** One e-mail in plain text. */
export interface Mail {
  /** Left side of its Message-ID: the same one for the same e-mail, however often it is sent. */
  id: string;
  /** Whom it names. */
  recipients: readonly string[];
  /** Who of them it goes to. */
  receivers: readonly string[];
  subject: string;
  text: string;
}

/** What the server said of an e-mail that it took. */
export interface Taken {
  /** Its last reply. */
  response: string;
  /** Who was refused, each with the server's reply; all others were not. */
  refused: { recipient: string; response: string; isFinal: boolean }[];
}

/** The way to the server that sends e-mails for us. */
export interface Mailer {
  /** Rejects with nodemailer's error where nobody will get it. */
  send(mail: Mail): Promise<Taken>;
  /** Rejects where the server does not answer, or does not let us in. */
  verify(): Promise<unknown>;
}

/** Who probes a server waits no longer. */
const LONGEST_PROBE_MS = 3_000;

const domainOf = (from: string): string => /@([^\s>]+)>?\s*$/.exec(from)?.[1] ?? 'localhost';

/** Undefined where no server is configured. It keeps no connection open. */
export function createMailer({
  SMTP_URL: url,
  SMTP_FROM: from,
  WEBHOOK_TIMEOUT_MS: limitMs,
}: Pick<Config, 'SMTP_URL' | 'SMTP_FROM' | 'WEBHOOK_TIMEOUT_MS'>): Mailer | undefined {
  if (url === undefined) return undefined;
  const transport = (timeoutMs: number) =>
    createTransport({
      url,
      dnsTimeout: timeoutMs,
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      // Else a text that is an object would be read from a file or a URL.
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  const sender = transport(limitMs);
  const prober = transport(Math.min(limitMs, LONGEST_PROBE_MS));
  return {
    async send({ id, recipients, receivers, subject, text }) {
      const { response, rejectedErrors = [] } = await sender.sendMail({
        from,
        // As objects: what stands in an address is never read as a list or a name.
        to: recipients.map((address) => ({ name: '', address })),
        envelope: { from, to: [...receivers] },
        subject,
        text,
        messageId: `<${id}@${domainOf(from)}>`,
        headers: { 'Auto-Submitted': 'auto-generated' },
        // The other limits are for silence; this one is for all of it.
        signal: AbortSignal.timeout(limitMs),
      });
      return {
        response,
        refused: rejectedErrors.map((error) => ({
          recipient: error.recipient ?? '',
          response: error.response ?? error.message,
          isFinal: error.permanent !== false,
        })),
      };
    },
    verify: () => prober.verify(),
  };
}
