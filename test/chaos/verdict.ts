import type { Findings, Ledger } from './ledger.js';
import type { EngineView, ListedTimer } from './views.js';

/** What a scenario has shown: figures, and the bars that it was measured by. */
export interface Verdict {
  say(figure: string): void;
  /** Notes whether a bar was met; `detail` is shown when it was not. */
  check(promise: string, isMet: boolean, detail?: unknown): void;
  figures: string[];
  broken: string[];
  checks: number;
}

const shown = (detail: unknown): string => {
  if (Array.isArray(detail)) {
    const more = detail.length > 10 ? ` … and ${detail.length - 10} more` : '';
    return `${detail.slice(0, 10).join('; ')}${more}`;
  }
  return typeof detail === 'string' ? detail : JSON.stringify(detail);
};

export function createVerdict(): Verdict {
  const figures: string[] = [];
  const broken: string[] = [];
  const verdict: Verdict = {
    figures,
    broken,
    checks: 0,
    say: (figure) => void figures.push(figure),
    check(promise, isMet, detail) {
      verdict.checks++;
      if (!isMet) broken.push(detail === undefined ? promise : `${promise}: ${shown(detail)}`);
    },
  };
  return verdict;
}

export interface Bars {
  /** Of the wanted ones, the share that was acknowledged at least. */
  acknowledged: number;
  /** Of the arrived ones, the share that came again at most. */
  duplicates: number;
}

/** What holds in every scenario, whatever was killed. */
export function judgeLedger(verdict: Verdict, ledger: Ledger, bars: Bars): Findings {
  const found = ledger.findings();
  const { wanted, acknowledged, arrived, duplicates, lost, early, unmarked, unsigned, calledAfterCancel } =
    found;
  verdict.say(
    `${acknowledged} of ${wanted} acknowledged, ${arrived} arrived, ${lost.length} lost, ${early.length} early, ${duplicates} repeats`,
  );
  verdict.check(
    `at least ${bars.acknowledged * 100} % are acknowledged`,
    acknowledged >= wanted * bars.acknowledged,
  );
  verdict.check('nothing acknowledged is lost', lost.length === 0, lost);
  verdict.check('nothing is early', early.length === 0, early);
  verdict.check(
    `at most ${bars.duplicates * 100} % come again`,
    duplicates <= arrived * bars.duplicates,
    `${duplicates} of ${arrived}`,
  );
  verdict.check('every repeat has its id and bytes', unmarked.length === 0, unmarked);
  verdict.check('every webhook is signed', unsigned.length === 0, unsigned);
  verdict.check('what was cancelled never calls', calledAfterCancel.length === 0, calledAfterCancel);
  return found;
}

const EXPECTED: Record<string, readonly string[]> = {
  none: ['fired'],
  refused: ['fired'],
  cancelled: ['cancelled'],
  unknown: ['fired', 'cancelled'],
};

/** Whether the API says at the end what the ledger knows. */
export function judgeTimers(verdict: Verdict, ledger: Ledger, listed: readonly ListedTimer[]): void {
  const byId = new Map(listed.map((timer) => [timer.id, timer]));
  const names = new Set(listed.map(({ name }) => name));
  verdict.check(
    'nothing was created twice',
    names.size === listed.length,
    `${listed.length} for ${names.size} names`,
  );
  const acknowledged = [...ledger.intents.values()].filter(({ id }) => id !== null);
  const wrong = acknowledged.flatMap(({ id, order, cancel }) => {
    const status = byId.get(id ?? '')?.status ?? 'unknown';
    return EXPECTED[cancel]?.includes(status) ? [] : [`#${order} ${id} is ${status}, cancel ${cancel}`];
  });
  verdict.check('the API knows how each one ended', wrong.length === 0, wrong);
  // Their first request broke off after it had written; the repeat, later than the due moment, must say so.
  const refused = new Set(
    [...ledger.intents.values()].filter(({ isRefused }) => isRefused).map(({ order }) => order),
  );
  const there = listed.filter(({ name }) => refused.has(Number(name.split('-').at(-1))));
  verdict.check(
    'what was refused is not there',
    there.length === 0,
    there.map(({ id, name }) => `${name} ${id}`),
  );
  const open = listed.filter(({ status }) => status !== 'fired' && status !== 'cancelled');
  verdict.check(
    'no timer stays unfinished',
    open.length === 0,
    open.map(({ id, status }) => `${id} ${status}`),
  );
}

export function judgeEngine(
  verdict: Verdict,
  { workflows, failed, tooLong, longest, outliving }: EngineView,
): void {
  verdict.say(`${workflows} workflows, ${failed.length} failed, longest history ${longest}`);
  verdict.check('no workflow has failed', failed.length === 0, failed);
  verdict.check('no window outlives its timers', outliving.length === 0, outliving);
  verdict.check('no history is over 4,096 events', tooLong.length === 0, tooLong);
}
