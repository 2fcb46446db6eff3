import { createEmailChannel } from '../../src/activities/channels/email.js';
import type { Log } from '../../src/log.js';
import { createMailer } from '../../src/mailer.js';
import { aDelivery, outgoing } from './deliveries.js';

export const RECIPIENTS = ['team@example.com', 'manager@example.com'];

/** An e-mail's delivery, as far as a test cares. */
export interface GivenEmail {
  log: Log;
  url?: string;
  from?: string;
  recipients?: string[];
  subject?: string;
  title?: string;
  text?: string;
  id?: string;
  settled?: string[];
}

/** Attempts it through the channel. */
export function deliverEmail(given: GivenEmail) {
  const { log, url, from = 'Mainspring <agents@example.com>', title = 'ReportAgent', id = 't1' } = given;
  const { recipients = RECIPIENTS, subject, text = 'All is well.' } = given;
  const mailer = createMailer({ SMTP_URL: url, SMTP_FROM: from, WEBHOOK_TIMEOUT_MS: 1_000 });
  if (!mailer) throw new Error('no server');
  const request = { recipients, ...(subject === undefined ? {} : { subject }) };
  const delivery = aDelivery({ id, channel: 'email', receiver: 'email', request });
  return createEmailChannel({ mailer, log }).deliver(
    outgoing(
      { ...delivery, body: JSON.stringify({ title, text }) },
      given.settled ? { settled: given.settled } : {},
    ),
  );
}
