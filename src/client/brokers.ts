import type { z } from 'zod';
import type { Broker, BrokerAnswer, BrokerChange, BrokerList, BrokerRequest } from '../schemas/broker.js';
import type { CallOptions, CreateOptions, Request } from './request.js';

/** A broker as it is asked for. */
export type NewBroker = z.input<typeof BrokerRequest>;

const pathOf = (id: string) => `/brokers/${encodeURIComponent(id)}`;

/** Brokers outside, which carry topics of agents. Making, changing and deleting them takes an admin token. */
export class Brokers {
  readonly #request: Request;

  constructor(request: Request) {
    this.#request = request;
  }

  /** Names a broker; one that cannot be reached is made as well, and `unreachable` until it can be. */
  async create(broker: NewBroker, options: CreateOptions = {}): Promise<Broker> {
    const idempotencyKey = crypto.randomUUID();
    const answer = await this.#request<z.infer<typeof BrokerAnswer>>('POST', '/brokers', {
      ...{ body: broker, idempotencyKey },
      ...options,
    });
    return answer.broker;
  }

  async get(id: string, options: CallOptions = {}): Promise<Broker> {
    return (await this.#request<z.infer<typeof BrokerAnswer>>('GET', pathOf(id), options)).broker;
  }

  /** All of them, the oldest first. */
  async list(options: CallOptions = {}): Promise<Broker[]> {
    return (await this.#request<z.infer<typeof BrokerList>>('GET', '/brokers', options)).brokers;
  }

  /** Changes how it is reached, and its limits: it is connected to anew, and its queues stay. */
  async change(id: string, change: BrokerChange, options: CallOptions = {}): Promise<Broker> {
    const given = { body: change, ...options };
    return (await this.#request<z.infer<typeof BrokerAnswer>>('PATCH', pathOf(id), given)).broker;
  }

  /** What is in its queues stays there. Throws `wrong_state` (409) while agents use it. */
  delete(id: string, options: CallOptions = {}): Promise<void> {
    return this.#request('DELETE', pathOf(id), options);
  }
}
