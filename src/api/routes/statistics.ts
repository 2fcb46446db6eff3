import type { z } from 'zod';
import type { Db } from '../../db/database.js';
import { Statistics, StatisticsFilter } from '../../schemas/statistics.js';
import { KeptAnswers } from '../kept-answers.js';
import { readStatistics } from '../read-statistics.js';
import { route } from '../route.js';

/** Of each database that this process has open. */
const kept = new WeakMap<Db, KeptAnswers<z.input<typeof Statistics>>>();

function keptOf(db: Db, clock: () => number) {
  const answers = kept.get(db) ?? new KeptAnswers(clock);
  kept.set(db, answers);
  return answers;
}

const statisticsRoute = route({
  method: 'get',
  path: '/statistics',
  callers: ['key', 'admin'],
  orgWide: true,
  tag: 'Statistics',
  summary: 'What happened in a period, in about 60 parts of it',
  description:
    'Timers and how late they were, deliveries, tasks, messages, tokens and cost. From what is kept: what retention has removed is not counted. An answer may be some seconds old; where there is very much to count, minutes.',
  query: StatisticsFilter,
  answers: { 200: Statistics },
  handle: ({ query: { period: periodMs }, caller: { orgId } }, { db, clock }) =>
    keptOf(db, clock).get(`${orgId} ${periodMs}`, () =>
      readStatistics(db, orgId, { periodMs, now: clock() }),
    ),
});

export const statisticsRoutes = [statisticsRoute];
