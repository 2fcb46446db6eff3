import { expect, test } from '@jest/globals';
import { writeSampleData } from '../../src/api/sample-data/write.js';
import { insertListings } from '../../src/db/listings.js';
import { insertSales } from '../../src/db/sales.js';
import type { BuiltinContext } from '../../src/tools/builtin.js';
import { analyzeMarketPrice } from '../../src/tools/market/analyze-market-price.js';
import { createListing } from '../../src/tools/market/create-listing.js';
import { getListings } from '../../src/tools/market/get-listings.js';
import { describeEachDatabase } from '../support/databases.js';
import { callOf, nextCall, toolContext } from '../support/tools.js';

const NOW = Date.parse('2030-01-31T12:00:00.000Z');
const DAY_MS = 86_400_000;

interface Listings {
  listings: { id: string; title: string; price: number; status: string }[];
  total: number;
}

describeEachDatabase('tools of the marketplace', (database) => {
  const context = (over: Partial<BuiltinContext> = {}) =>
    toolContext(database(), { now: () => NOW, ...over });

  async function withListings() {
    const seller = await context();
    const wanted = [
      ['Red lamp', 'Glows', 'furniture', 10],
      ['Blue lamp', 'Shines, 100% blue_ish', 'furniture', 20],
      ['Radio', 'Plays lamp songs', 'electronics', 30.05],
    ] as const;
    for (const [title, description, category, price] of wanted)
      await callOf(
        createListing,
        { title, description, category, price, seller_id: 'ines' },
        nextCall(seller),
      );
    return seller;
  }
  const titlesOf = ({ listings }: Listings) => listings.map(({ title }) => title).toSorted();

  test('listings are found by category, words, price and seller, and counted in all', async () => {
    const seller = await withListings();
    const find = (args: object) => callOf<Listings>(getListings, args, seller);
    expect(titlesOf(await find({}))).toEqual(['Blue lamp', 'Radio', 'Red lamp']);
    expect(titlesOf(await find({ category: ' Furniture ' }))).toEqual(['Blue lamp', 'Red lamp']);
    expect(titlesOf(await find({ text: 'LAMP blue' }))).toEqual(['Blue lamp']);
    expect(titlesOf(await find({ text: '%' }))).toEqual(['Blue lamp']);
    expect(titlesOf(await find({ min_price: 20, max_price: 30.05 }))).toEqual(['Blue lamp', 'Radio']);
    expect(titlesOf(await find({ seller_id: 'nobody' }))).toEqual([]);
    expect(titlesOf(await find({ status: 'sold' }))).toEqual([]);
    const page = await find({ sort: 'price_high', limit: 1, offset: 1 });
    expect(page).toMatchObject({ total: 3, listings: [{ title: 'Blue lamp', price: 20 }] });
  });

  test('a listing that is created twice by the same call is one', async () => {
    const seller = await context({ userId: 'ines' });
    const wish = { title: 'Chair', category: 'furniture', price: 19.99 };
    const first = await callOf(createListing, wish, seller);
    expect(await callOf(createListing, wish, seller)).toEqual(first);
    expect(first).toMatchObject({ listing: { price: 19.99, seller_id: 'ines', status: 'active' } });
    expect(await callOf(getListings, {}, seller)).toMatchObject({ total: 1 });
  });

  test('a call of the same id in another organisation makes a listing of its own', async () => {
    const [one, other] = [await context(), await context()];
    const wish = { title: 'Chair', category: 'furniture', price: 1 };
    await callOf(createListing, wish, one);
    await callOf(createListing, wish, { ...other, callId: one.callId });
    expect(await callOf(getListings, {}, other)).toMatchObject({ total: 1 });
  });

  test('an organisation sees nothing of what another sells', async () => {
    const seller = await withListings();
    const stranger = await context();
    expect(await callOf(getListings, {}, stranger)).toMatchObject({ total: 0 });
    const analysed = await callOf(analyzeMarketPrice, { category: 'furniture' }, stranger);
    expect(analysed).toMatchObject({ active_listings: { count: 0 }, sales: { count: 0 } });
    const { listings } = await callOf<Listings>(getListings, {}, seller);
    const id = listings[0]?.id ?? '';
    await expect(callOf(analyzeMarketPrice, { listing_id: id }, stranger)).rejects.toThrow('no listing');
  });

  /** One sale a day over 30 days, of prices that rise from 100 to 129 dollars. */
  async function withSales() {
    const seller = await context();
    const sales = Array.from({ length: 30 }, (_, day) => ({
      ...{ id: `${seller.orgId} ${day}`, org_id: seller.orgId, listing_id: null, category: 'art' },
      price_cents: (100 + day) * 100,
      sold_at: new Date(NOW - (29 - day) * DAY_MS),
    }));
    await insertSales(database().db, sales);
    return seller;
  }

  test('prices are analysed: what was paid, day by day, where it goes, what to ask', async () => {
    const seller = await withSales();
    const analysed = await callOf(analyzeMarketPrice, { category: 'art', period: '30d' }, seller);
    expect(analysed).toMatchObject({
      sales: { count: 30, min: 100, median: 114.5, mean: 114.5, max: 129 },
      history: { interval: 'day' },
      trend: { direction: 'rising', slope_per_day: 1, change_percent: 29, fit: 1 },
      suggested_price: { typical: 129, based_on: 'sales' },
    });
    const { history } = analysed as { history: { points: object[] } };
    expect(history.points).toHaveLength(30);
    expect(history.points.at(-1)).toEqual({
      ...{ from: '2030-01-31', count: 1, min: 129, median: 129, mean: 129, max: 129 },
    });
  });

  test('a period takes what lies in it, and weeks begin on Monday', async () => {
    const seller = await withSales();
    const args = { category: 'art', period: '7d', interval: 'week' };
    expect(await callOf(analyzeMarketPrice, args, seller)).toMatchObject({
      sales: { count: 8 },
      history: { interval: 'week', points: [{ from: '2030-01-21' }, { from: '2030-01-28' }] },
    });
  });

  test('a listing is compared with what its category costs', async () => {
    const seller = await withSales();
    const wish = { title: 'Print', category: 'art', price: 64.5 };
    const { listing } = (await callOf(createListing, wish, seller)) as { listing: { id: string } };
    expect(await callOf(analyzeMarketPrice, { listing_id: listing.id }, seller)).toMatchObject({
      category: 'art',
      listing: { id: listing.id, difference_from_typical_percent: -50 },
    });
  });

  test('where nothing was sold the suggestion follows from what is asked', async () => {
    const seller = await withListings();
    expect(await callOf(analyzeMarketPrice, { category: 'furniture' }, seller)).toMatchObject({
      active_listings: { count: 2, min: 10, median: 15, max: 20 },
      sales: { count: 0, median: null },
      trend: null,
      suggested_price: { typical: 15, based_on: 'active_listings' },
    });
  });

  test('an unknown category is answered with those that there are', async () => {
    const seller = await withListings();
    expect(await callOf(analyzeMarketPrice, { category: 'boats' }, seller)).toMatchObject({
      suggested_price: null,
      known_categories: ['electronics', 'furniture'],
    });
  });

  test.each([
    [getListings, { limit: 101 }],
    [getListings, { colour: 'red' }],
    [getListings, { min_price: -1 }],
    [createListing, { title: '', category: 'art', price: 1 }],
    [createListing, { title: 'x', category: 'art', price: Number.POSITIVE_INFINITY }],
    [analyzeMarketPrice, {}],
    [analyzeMarketPrice, { category: 'art', period: '1y' }],
  ])('%# arguments outside the schema are refused', (tool, args) => {
    expect(tool.input.safeParse(args).success).toBe(false);
  });

  test('sample data is the same every time, and a second time adds nothing', async () => {
    const seller = await context();
    const counts = await writeSampleData(database().db, seller.orgId, NOW);
    expect(counts.listings).toBeGreaterThanOrEqual(300);
    const before = await callOf(getListings, { limit: 100 }, seller);
    expect(await writeSampleData(database().db, seller.orgId, NOW + 5 * DAY_MS)).toEqual(counts);
    expect(await callOf(getListings, { limit: 100 }, seller)).toEqual(before);
    for (const [category, direction] of [
      ['electronics', 'falling'],
      ['collectibles', 'rising'],
    ])
      expect(await callOf(analyzeMarketPrice, { category, period: '90d' }, seller)).toMatchObject({
        history: { interval: 'week' },
        trend: { direction },
      });
    const other = await context();
    expect(await callOf(getListings, {}, other)).toMatchObject({ total: 0 });
  });

  test('a listing whose id another organisation has is not answered', async () => {
    const seller = await context();
    const stranger = await context({ orgId: seller.orgId.replace('org-', 'alien-') });
    const id = `${seller.orgId}-x`;
    const row = { id, org_id: seller.orgId, title: 't', description: '', category: 'art', price_cents: 1 };
    await insertListings(database().db, [
      { ...row, status: 'active', seller_id: 's', created_at: new Date(NOW) },
    ]);
    await expect(callOf(analyzeMarketPrice, { listing_id: id }, stranger)).rejects.toThrow('no listing');
  });
});
