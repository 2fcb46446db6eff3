import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

/** An e-mail as its server took it. */
export interface TakenMail {
  from: string;
  recipients: string[];
  /** Whether it came encrypted, and as whom its sender logged in. */
  isSecure: boolean;
  user: string | undefined;
  raw: string;
  email: Email;
}

/** A real server for e-mails that keeps what it takes. */
export interface TestSmtpServer {
  port: number;
  /** `smtp://…`, without credentials. */
  url: string;
  taken: TakenMail[];
  connections(): number;
  close(): Promise<void>;
}

/** What a test's server is to answer instead of success. */
export const reply = (responseCode: number, message: string) =>
  Object.assign(new Error(message), { responseCode });

/** Listens on a free port. Without options it takes anything from anybody, unencrypted. */
export async function openSmtpServer(options: SMTPServerOptions = {}, port = 0): Promise<TestSmtpServer> {
  const taken: TakenMail[] = [];
  let connections = 0;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    // Its warning that the certificate is one for tests.
    logger: false,
    closeTimeout: 100,
    onData(stream, { envelope, secure: isSecure, user }, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const raw = Buffer.concat(chunks).toString();
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
        const recipients = envelope.rcptTo.map(({ address }) => address);
        PostalMime.parse(raw).then((email) => {
          taken.push({ from, recipients, isSecure, user, raw, email });
          done(null, `queued as ${taken.length}`);
        }, done);
      });
    },
    ...options,
  });
  // A client that hangs up is its own business.
  server.on('error', () => undefined);
  server.on('connect', () => connections++);
  const listening = server.listen(port, '127.0.0.1');
  await once(listening, 'listening');
  const address = listening.address() as AddressInfo;
  return {
    port: address.port,
    url: `smtp://127.0.0.1:${address.port}`,
    taken,
    connections: () => connections,
    close: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  };
}
