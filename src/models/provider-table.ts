/** A provider that sells models under an address of its own. */
export interface ProviderEntry {
  /** Which models are its own where nobody says so. */
  guess: RegExp;
  /** Variables of its key, and of another address than its own. */
  key: string;
  url: string;
  /** Always given: its library would look for an address in the environment of the process. */
  ownUrl: string;
  /** Models that are asked when everything else failed, in this order. */
  lastResort: readonly string[];
}

/** In the order in which they are asked. `providers.ts` makes their models, `prices.json` knows what those cost. */
export const PROVIDERS = {
  google: {
    guess: /^gemini/i,
    key: 'GOOGLE_API_KEY',
    url: 'GOOGLE_BASE_URL',
    ownUrl: 'https://generativelanguage.googleapis.com/v1beta',
    lastResort: ['gemini-2.0-flash', 'gemini-pro'],
  },
  openai: {
    guess: /^(gpt|o\d)/i,
    key: 'OPENAI_API_KEY',
    url: 'OPENAI_BASE_URL',
    ownUrl: 'https://api.openai.com/v1',
    lastResort: ['gpt-4', 'gpt-3.5-turbo'],
  },
  anthropic: {
    guess: /^claude/i,
    key: 'ANTHROPIC_API_KEY',
    url: 'ANTHROPIC_BASE_URL',
    ownUrl: 'https://api.anthropic.com/v1',
    lastResort: ['claude-sonnet-4-5'],
  },
} as const satisfies Record<string, ProviderEntry>;

/** A provider of the table. */
export type NamedProvider = keyof typeof PROVIDERS;
/** Anything that is compatible with OpenAI, at `LLM_ENDPOINT`, is `custom`. */
export type Provider = NamedProvider | 'custom';

export const PROVIDER_NAMES = Object.keys(PROVIDERS) as NamedProvider[];
const entries: readonly (ProviderEntry & { name: NamedProvider })[] = PROVIDER_NAMES.map((name) => ({
  name,
  ...PROVIDERS[name],
}));

/** Whose model it is, by its name. */
export const guessProvider = (model: string): Provider =>
  entries.find(({ guess }) => guess.test(model))?.name ?? 'custom';

/** What stands in for every other model. */
export const LAST_RESORT: readonly { provider: Provider; model: string }[] = entries.flatMap(
  ({ name: provider, lastResort }) => lastResort.map((model) => ({ provider, model })),
);

/** What is to be set so that there is a model to ask. */
export const NO_MODEL = `needs a model: set ${entries.map(({ key }) => key).join(', ')} or LLM_ENDPOINT, for all or in the environment of the agent`;
