import type { AgentRow } from '../../db/agents.js';
import type { Db } from '../../db/database.js';
import { deleteMemory, getMemory, type MemoryPlace, setMemory } from '../../db/memories.js';
import type { TaskRow } from '../../db/tasks.js';
import type { AgentMemory } from '../../plugin/define-agent.js';
import { MEMORY_LIMITS, MemoryKey, MemoryValue } from '../../schemas/memory.js';

/** An agent may keep no more. */
export class MemoryFull extends Error {
  override readonly name = 'MemoryFull';
}

/**
 * What the code of a stage remembers: written when the stage is over, once, however often its code ran. The code itself
 * sees it at once.
 */
export interface StagedMemory extends AgentMemory {
  /** Throws {@link MemoryFull}. */
  write(tx: Db): Promise<void>;
}

/** `value` undefined: forgotten. */
interface Staged {
  place: MemoryPlace;
  value: unknown;
}

export function stageMemory(db: Db, task: TaskRow, agent: AgentRow): StagedMemory {
  const staged = new Map<string, Staged>();
  const placeOf = (key: string, sessionId: string | null = task.session_id): MemoryPlace => ({
    ...{ orgId: agent.org_id, agentId: agent.id, sessionId },
    key: MemoryKey.parse(key),
  });
  const nameOf = ({ sessionId, key }: MemoryPlace) => JSON.stringify([sessionId, key]);
  const stage = (place: MemoryPlace, value: unknown) => void staged.set(nameOf(place), { place, value });

  return {
    async get(key, sessionId) {
      const place = placeOf(key, sessionId);
      const own = staged.get(nameOf(place));
      return own ? own.value : (await getMemory(db, place))?.value;
    },
    set: async (key, value, sessionId) => stage(placeOf(key, sessionId), MemoryValue.parse(value)),
    delete: async (key, sessionId) => stage(placeOf(key, sessionId), undefined),
    async write(tx) {
      for (const { place, value } of staged.values()) {
        if (value === undefined) await deleteMemory(tx, place);
        else if (!(await setMemory(tx, place, value, MEMORY_LIMITS)))
          throw new MemoryFull('there is no room for another memory');
      }
    },
  };
}
