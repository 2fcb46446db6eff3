import type { Config } from '../../config.js';
import type { AgentRow } from '../../db/agents.js';
import type { Db } from '../../db/database.js';
import { beginModelCall } from '../../db/model-calls.js';
import {
  type Ancestor,
  countSteps,
  lineageOf,
  lockRoot,
  lockSpender,
  type Spender,
  spentBy,
} from '../../db/model-spending.js';
import type { TaskRow } from '../../db/tasks.js';
import { allowanceOf, type Limit, type PlannedCall } from '../../domain/budget.js';
import { toNanos } from '../../domain/model-cost.js';
import type { Candidate } from '../../models/models.js';

export type BudgetConfig = Pick<Config, 'ORG_MAX_TOKENS_PER_DAY' | 'ORG_MAX_COST_USD_PER_DAY'>;

export interface CallToReserve {
  task: TaskRow;
  agent: AgentRow;
  id: string;
  place: string;
  candidate: Candidate;
  planned: PlannedCall;
  /** That asked another model before; null at the first one. */
  after: number | null;
  at: Date;
}

/** What came of the wish to make a call. */
export type Reservation =
  | { kind: 'reserved'; attempt: number; outputTokens: number }
  | { kind: 'refused'; category: 'budget' | 'step_limit'; message: string }
  /** Another attempt was faster, or has taken over. */
  | { kind: 'overtaken' };

const DEFAULT_STEPS = 20;

/** Limits of one spender: as they are called, and so much. */
interface Allotment {
  spender: Spender;
  tokens: { name: string; most: number | undefined };
  usd: { name: string; most: number | undefined };
}

const startOfDay = (at: Date) => new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()));

function allotmentsOf(
  { task, agent, at }: CallToReserve,
  lineage: readonly Ancestor[],
  config: BudgetConfig,
): Allotment[] {
  const since = startOfDay(at);
  const all: Allotment[] = [
    ...lineage.map(({ id, limits }): Allotment => {
      const spender = { kind: 'task' as const, id, rootId: task.root_id };
      return {
        spender,
        tokens: { name: 'maxTokens', most: limits.maxTokens },
        usd: { name: 'maxCostUsd', most: limits.maxCostUsd },
      };
    }),
    {
      spender: { kind: 'agent', id: agent.id, since },
      tokens: { name: 'maxTokensPerDay', most: agent.limits.maxTokensPerDay },
      usd: { name: 'maxCostUsdPerDay', most: agent.limits.maxCostUsdPerDay },
    },
    {
      spender: { kind: 'org', since },
      tokens: { name: 'ORG_MAX_TOKENS_PER_DAY', most: config.ORG_MAX_TOKENS_PER_DAY },
      usd: { name: 'ORG_MAX_COST_USD_PER_DAY', most: config.ORG_MAX_COST_USD_PER_DAY },
    },
  ];
  return all.filter(({ tokens, usd }) => tokens.most !== undefined || usd.most !== undefined);
}

/** Locks whoever has a daily limit, always in the same order, and adds up what counts against each limit. */
async function limitsOf(tx: Db, call: CallToReserve, allotments: readonly Allotment[]): Promise<Limit[]> {
  const { org_id: orgId } = call.task;
  const limits: Limit[] = [];
  for (const { spender, tokens, usd } of allotments) {
    if (spender.kind === 'agent') await lockSpender(tx, { agentId: spender.id });
    if (spender.kind === 'org') await lockSpender(tx, { orgId });
    const spent = await spentBy(tx, { orgId, callId: call.id }, spender);
    if (tokens.most !== undefined)
      limits.push({ name: tokens.name, unit: 'tokens', most: tokens.most, used: spent.tokens });
    if (usd.most !== undefined)
      limits.push({ name: usd.name, unit: 'nanos', most: toNanos(usd.most), used: spent.nanos });
  }
  return limits;
}

/**
 * Decides before the spend whether a call may be made, and notes in its row what it may come to. Calls that share a
 * limit come one after the other here, so that they cannot pass it together.
 */
export async function reserveCall(db: Db, config: BudgetConfig, call: CallToReserve): Promise<Reservation> {
  const { task, agent, id, place, candidate, planned, after, at } = call;
  return db.transaction().execute(async (tx): Promise<Reservation> => {
    await lockRoot(tx, task);
    const most = agent.limits.maxSteps ?? DEFAULT_STEPS;
    if ((await countSteps(tx, task, id)) >= most)
      return {
        kind: 'refused',
        category: 'step_limit',
        message: `maxSteps is ${most}: the task asked for another call of a model`,
      };
    // A first task has no limits but its own agent's.
    const lineage =
      task.parent_id === null ? [{ id: task.id, limits: agent.limits }] : await lineageOf(tx, task);
    const limits = await limitsOf(tx, call, allotmentsOf(call, lineage, config));
    const allowance = allowanceOf(limits, planned);
    if (allowance.kind === 'refused')
      return { kind: 'refused', category: 'budget', message: allowance.message };
    const { provider, model } = candidate;
    const { reserved, outputTokens } = allowance;
    const begun = { id, place, provider, model, reserved, at };
    const attempt = await beginModelCall(tx, task, begun, after);
    return attempt === null ? { kind: 'overtaken' } : { kind: 'reserved', attempt, outputTokens };
  });
}
