/** Reads what may be sealed; throws where its key is gone. */
export type Open = (stored: string) => string;

/** Where a delivery goes: whom its circuit is kept of, and what its channel needs, secrets sealed. */
export interface ChannelTarget {
  receiver: string;
  request: {
    method?: string;
    url?: string;
    headers?: Record<string, string>;
    workflowId?: string;
    signal?: string;
    botToken?: string;
    chatId?: string | number;
    recipients?: string[];
    subject?: string;
    stream?: string;
  };
}

/** Stands in for a receiver that was sealed with a key that is gone: its attempts fail, and say so. */
const UNREADABLE = 'unreadable';
function readable(read: () => string): string {
  try {
    return read();
  } catch {
    return UNREADABLE;
  }
}

/** Scheme, host and port of a stored URL. */
export const originOf = (storedUrl: string, open: Open): string =>
  readable(() => new URL(open(storedUrl)).origin);

interface ToChat {
  telegram_bot_token: string;
  telegram_chat_id: string | number;
}
/** Telegram limits what a bot sends: each has a circuit of its own. The number before the colon is no secret. */
export const telegramTarget = (
  { telegram_bot_token: botToken, telegram_chat_id: chatId }: ToChat,
  open: Open,
): ChannelTarget => ({
  receiver: readable(() => `telegram:${open(botToken).split(':')[0]}`),
  request: { botToken, chatId },
});

export const teamsTarget = (
  { teams_webhook_url: url }: { teams_webhook_url: string },
  open: Open,
): ChannelTarget => ({ receiver: originOf(url, open), request: { url } });

interface ToMailboxes {
  email_recipients: string[];
  email_subject?: string | undefined;
}
export const emailTarget = ({
  email_recipients: recipients,
  email_subject: subject,
}: ToMailboxes): ChannelTarget => ({
  receiver: 'email',
  request: { recipients, ...(subject === undefined ? {} : { subject }) },
});

/** Where no stream is named, the channel takes the one of results. */
export const streamTarget = ({
  response_stream: stream,
}: {
  response_stream?: string | undefined;
}): ChannelTarget => ({ receiver: 'redis_stream', request: stream === undefined ? {} : { stream } });
