import type { Log } from '../log.js';
import type { Channel, Listener } from './database.js';

const PREFIX = 'mainspring_';
const CHANNELS: Record<Channel, true> = {
  timers: true,
  ended: true,
  keys: true,
  deliveries: true,
  events: true,
  task_text: true,
  mail: true,
  brokers: true,
};

/** The statements by which a connection hears every channel. */
export const LISTEN_TO_ALL = Object.keys(CHANNELS)
  .map((channel) => `listen ${PREFIX}${channel}`)
  .join(';');

/** Who listens to what, in this process. A listener that throws is logged and stops no other. */
export class Listeners {
  readonly #byChannel = new Map<string, Set<Listener>>();

  constructor(private readonly log: Log) {}

  add(channel: Channel, listener: Listener): () => void {
    const name = `${PREFIX}${channel}`;
    const listeners = this.#byChannel.get(name) ?? new Set();
    this.#byChannel.set(name, listeners);
    // The same function may listen twice, so each registration is a function of its own.
    const own: Listener = (payload) => listener(payload);
    listeners.add(own);
    return () => {
      listeners.delete(own);
    };
  }

  /** Hands a notice on. `channel` is the name that the database uses. */
  tell(channel: string, payload: string | null): void {
    for (const listener of this.#byChannel.get(channel) ?? []) {
      try {
        listener(payload);
      } catch (error) {
        this.log.error({ error, channel }, 'A listener failed');
      }
    }
  }

  /** Notices may have been missed. */
  tellAll(): void {
    for (const channel of this.#byChannel.keys()) this.tell(channel, null);
  }
}
