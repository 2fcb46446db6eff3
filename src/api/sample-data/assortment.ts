/** What the sample marketplace sells. Prices are in cents; a trend is in percent over the 90 days of its sales. */
export interface SampleCategory {
  name: string;
  makers: readonly string[];
  /** With the price of a usual one. */
  things: readonly (readonly [name: string, cents: number])[];
  trendPercent: number;
}

export const SAMPLE_CATEGORIES: readonly SampleCategory[] = [
  {
    name: 'electronics',
    makers: ['Nordlys', 'Kestrel', 'Ohmic', 'Lumen & Sons', 'Tansa'],
    things: [
      ['wireless headphones', 8_900],
      ['mechanical keyboard', 11_900],
      ['27-inch monitor', 24_900],
      ['portable speaker', 6_400],
      ['e-reader', 12_900],
      ['action camera', 19_900],
    ],
    trendPercent: -12,
  },
  {
    name: 'furniture',
    makers: ['Alder', 'Holm', 'Casa Prado', 'Joinery Nine'],
    things: [
      ['oak side table', 14_500],
      ['reading chair', 32_000],
      ['bookshelf', 18_900],
      ['standing desk', 42_000],
      ['floor lamp', 9_500],
    ],
    trendPercent: 8,
  },
  {
    name: 'books',
    makers: ['first edition', 'paperback', 'illustrated', 'signed'],
    things: [
      ['atlas of islands', 3_200],
      ['collected essays', 1_800],
      ['field guide to birds', 2_400],
      ['history of cartography', 4_500],
      ['cookery of the coast', 2_900],
    ],
    trendPercent: 1,
  },
  {
    name: 'sports',
    makers: ['Vela', 'Ridgeway', 'Corsair', 'Tempo'],
    things: [
      ['trail running shoes', 9_800],
      ['climbing harness', 7_200],
      ['gravel bike', 129_000],
      ['yoga mat', 3_500],
      ['two-person tent', 21_000],
    ],
    trendPercent: 15,
  },
  {
    name: 'fashion',
    makers: ['Maren', 'Petrel', 'Salt Road', 'Ines B.'],
    things: [
      ['wool coat', 16_800],
      ['leather boots', 13_900],
      ['linen shirt', 5_200],
      ['silk scarf', 4_100],
      ['rain jacket', 8_700],
    ],
    trendPercent: -4,
  },
  {
    name: 'collectibles',
    makers: ['boxed', 'restored', 'rare', 'certified'],
    things: [
      ['film camera', 27_500],
      ['mechanical watch', 68_000],
      ['vinyl pressing', 5_900],
      ['stamp sheet', 8_300],
      ['tin robot', 11_200],
    ],
    trendPercent: 22,
  },
];

/** What users of the sample marketplace do, and how often beside each other. */
export const SAMPLE_ACTIVITIES: readonly (readonly [kind: string, weight: number])[] = [
  ['view', 55],
  ['search', 22],
  ['favourite', 10],
  ['message', 7],
  ['purchase', 4],
  ['list', 2],
];

export const SAMPLE_COLLECTIONS: readonly {
  name: string;
  description: string;
  category: string;
}[] = [
  { name: 'Desk of the month', description: 'What makes working at home pleasant', category: 'electronics' },
  { name: 'Weekend outside', description: 'For two days away from the road', category: 'sports' },
  { name: 'Shelf finds', description: 'Books that are hard to come by', category: 'books' },
  { name: 'Collector’s corner', description: 'Old things in good condition', category: 'collectibles' },
];
