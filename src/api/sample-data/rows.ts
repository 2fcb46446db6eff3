import { v5 as derivedId } from 'uuid';
import type { NewListing } from '../../db/listings.js';
import type { SaleRow } from '../../db/sales.js';
import type { UserActivityRow } from '../../db/user-activities.js';
import { SAMPLE_ACTIVITIES, SAMPLE_CATEGORIES, type SampleCategory } from './assortment.js';
import { type Chance, chanceOf } from './chance.js';

/** Any: ids of sample data are apart from all others by it. */
const SAMPLES = 'b1c6a8a4-4d0a-5c43-8d35-6f1f0c2ad0e7';
const DAY_MS = 86_400_000;
const DAYS = 90;
const LISTINGS_OF_CATEGORY = 50;
const USERS = 60;
const ACTIVITIES = 3_000;
const CONDITIONS = ['as new', 'hardly used', 'with signs of use', 'in its box'];

/** The same row has the same id in every run, and another in every organisation. */
export const sampleId = (orgId: string, name: string): string => derivedId(`${orgId}/${name}`, SAMPLES);

const userOf = (index: number) => `user-${String(index + 1).padStart(3, '0')}`;

function listingsOf(category: SampleCategory, orgId: string, today: number): NewListing[] {
  const chance = chanceOf(`listings of ${category.name}`);
  return Array.from({ length: LISTINGS_OF_CATEGORY }, (_, index) => {
    const [thing, usual] = chance.pick(category.things);
    const maker = chance.pick(category.makers);
    const condition = chance.pick(CONDITIONS);
    const status = chance.pick(['active', 'active', 'active', 'active', 'sold', 'withdrawn'] as const);
    return {
      ...{ id: sampleId(orgId, `listing ${category.name} ${index}`), org_id: orgId, category: category.name },
      ...{ title: `${maker} ${thing}`, description: `A ${thing}, ${condition}.`, status },
      price_cents: Math.round(usual * chance.around(1, 0.25)),
      seller_id: userOf(chance.below(USERS)),
      created_at: new Date(today - chance.below(DAYS) * DAY_MS + chance.below(DAY_MS)),
    };
  });
}

/** Of everything one a day. What is paid follows the category's trend, and is a little less than what is asked. */
function salesOf(category: SampleCategory, orgId: string, today: number): SaleRow[] {
  const chance = chanceOf(`sales of ${category.name}`);
  const daily = (day: number) =>
    category.things.map(([, usual], index) => {
      const trend = 1 + (category.trendPercent / 100) * (day / DAYS - 0.5);
      return {
        ...{ id: sampleId(orgId, `sale ${category.name} ${day} ${index}`), org_id: orgId, listing_id: null },
        category: category.name,
        price_cents: Math.round(usual * 0.95 * trend * chance.around(1, 0.12)),
        sold_at: new Date(today - (DAYS - day) * DAY_MS + chance.below(DAY_MS)),
      };
    });
  return Array.from({ length: DAYS }, (_, day) => daily(day)).flat();
}

const kindOf = (chance: Chance): string =>
  chance.pick(SAMPLE_ACTIVITIES.flatMap(([kind, weight]) => Array.from({ length: weight }, () => kind)));

function activitiesOf(orgId: string, today: number): UserActivityRow[] {
  const chance = chanceOf('activities');
  return Array.from({ length: ACTIVITIES }, (_, index) => {
    const { name: category } = chance.pick(SAMPLE_CATEGORIES);
    return {
      ...{
        id: sampleId(orgId, `activity ${index}`),
        org_id: orgId,
        kind: kindOf(chance),
        data: { category },
      },
      // The first users do most.
      user_id: userOf(Math.min(chance.below(USERS), chance.below(USERS))),
      at: new Date(today - chance.below(DAYS) * DAY_MS - chance.below(DAY_MS)),
    };
  });
}

/** A marketplace of an organisation over the 90 days before a day, always the same. */
export function sampleRows(orgId: string, now: number) {
  const today = now - (now % DAY_MS) - DAY_MS;
  return {
    listings: SAMPLE_CATEGORIES.flatMap((category) => listingsOf(category, orgId, today)),
    sales: SAMPLE_CATEGORIES.flatMap((category) => salesOf(category, orgId, today)),
    activities: activitiesOf(orgId, today),
  };
}
