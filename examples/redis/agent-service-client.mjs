import { randomUUID } from 'node:crypto';
import { createClient } from '@redis/client';

const WAIT_MS = 1_000;

/** Gives Mainspring tasks over Redis streams, and waits for their results there. */
export class AgentServiceClient {
  #redis;
  #taskStream;
  #resultStream;

  constructor(
    url = 'redis://localhost:6379',
    { taskStream = 'parrot:agent_tasks', resultStream = 'parrot:agent_results' } = {},
  ) {
    this.#redis = createClient({ url });
    // Without a listener, the first error would end the process.
    this.#redis.on('error', (error) => console.error(`Redis: ${error.message}`));
    this.#taskStream = taskStream;
    this.#resultStream = resultStream;
  }

  async connect() {
    if (!this.#redis.isOpen) await this.#redis.connect();
    return this;
  }

  close() {
    return this.#redis.close();
  }

  /** Hands a task over; answers its id. What is sent twice under one `task_id` is one task. */
  async submitTask(task) {
    const taskId = task.task_id ?? randomUUID();
    await this.#redis.xAdd(this.#taskStream, '*', {
      task_id: taskId,
      agent_name: task.agent_name,
      payload: JSON.stringify({ ...task, task_id: taskId }),
    });
    return taskId;
  }

  /** The result of a task, `{ task_id, success, output, error, … }`; null when the time is up. */
  async submitAndWait(task, { timeoutSeconds = 30 } = {}) {
    const deadline = Date.now() + timeoutSeconds * 1_000;
    // From here on, so that a result which comes at once is not missed.
    const [latest] = await this.#redis.xRevRange(this.#resultStream, '+', '-', { COUNT: 1 });
    // A read that waits keeps its connection to itself.
    const reader = this.#redis.duplicate();
    reader.on('error', (error) => console.error(`Redis: ${error.message}`));
    await reader.connect();
    try {
      const taskId = await this.submitTask(task);
      return await this.#resultOf(taskId, { reader, from: latest?.id ?? '0-0', deadline });
    } finally {
      reader.destroy();
    }
  }

  async #resultOf(taskId, { reader, from, deadline }) {
    for (let left = deadline - Date.now(); left > 0; left = deadline - Date.now()) {
      const streams = await reader.xRead(
        { key: this.#resultStream, id: from },
        { BLOCK: Math.ceil(Math.min(left, WAIT_MS)) },
      );
      for (const { id, message } of streams?.[0]?.messages ?? []) {
        if (message.task_id === taskId) return JSON.parse(message.payload);
        from = id;
      }
    }
    return null;
  }
}
