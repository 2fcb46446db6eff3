import { describe, expect, test } from '@jest/globals';
import { candidatesOf, type ModelConfig } from '../../src/models/candidates.js';

const config = (over: Partial<ModelConfig> = {}): ModelConfig => ({
  DEFAULT_AI_MODEL: 'gemini-2.0-flash',
  LLM_STRUCTURED_OUTPUTS: false,
  ...over,
});
const ALL_KEYS = { GOOGLE_API_KEY: 'g', OPENAI_API_KEY: 'o', ANTHROPIC_API_KEY: 'a' };
const named = (model: string | null, environment: Record<string, string>, given: ModelConfig) =>
  candidatesOf({ model, environment }, given).map((one) => `${one.provider}/${one.model}`);

const LAST_RESORT = [
  'google/gemini-2.0-flash',
  'google/gemini-pro',
  'openai/gpt-4',
  'openai/gpt-3.5-turbo',
  'anthropic/claude-sonnet-4-5',
];

describe('the models that may be asked', () => {
  test('are Google, OpenAI, Anthropic, in this order, each once', () => {
    expect(named(null, {}, config(ALL_KEYS))).toEqual(LAST_RESORT);
  });

  test('are none without a key', () => {
    expect(named('gpt-4o', {}, config())).toEqual([]);
    expect(named('gpt-4o', { OPENAI_API_KEY: '' }, config({ GOOGLE_API_KEY: '' }))).toEqual([]);
  });

  test('leave out providers without a key', () => {
    expect(named('gpt-4o', {}, config({ ANTHROPIC_API_KEY: 'a' }))).toEqual(['anthropic/claude-sonnet-4-5']);
  });

  test("begin with the agent's model, then LLM_* of the agent, of the operator, then the default", () => {
    const environment = { LLM_ENDPOINT: 'https://agent.example/v1', LLM_MODEL: 'agents' };
    const given = config({
      ...ALL_KEYS,
      ...{ LLM_ENDPOINT: 'http://localhost:1/v1', LLM_MODEL: 'operators', DEFAULT_AI_MODEL: 'gpt-4o' },
    });
    expect(named('claude-opus-4-1', environment, given)).toEqual([
      'anthropic/claude-opus-4-1',
      'custom/agents',
      'custom/operators',
      'openai/gpt-4o',
      ...LAST_RESORT,
    ]);
  });

  test.each([
    ['gemini-2.5-pro', 'google/gemini-2.5-pro'],
    ['gpt-4o', 'openai/gpt-4o'],
    ['o3-mini', 'openai/o3-mini'],
    ['claude-haiku-4-5', 'anthropic/claude-haiku-4-5'],
    ['llama3', 'custom/llama3'],
    ['meta-llama/llama-3', 'custom/meta-llama/llama-3'],
    ['openai/my-tuned', 'openai/my-tuned'],
    ['custom/gpt-4', 'custom/gpt-4'],
  ])('guess the provider of %s: %s', (model, first) => {
    const given = config({ ...ALL_KEYS, LLM_ENDPOINT: 'http://localhost:1/v1' });
    expect(named(model, {}, given)[0]).toBe(first);
  });

  test("are asked with the agent's own key before the operator's", () => {
    const candidates = candidatesOf(
      { model: 'gpt-4o', environment: { OPENAI_API_KEY: 'agents' } },
      config({ OPENAI_API_KEY: 'operators' }),
    );
    expect(candidates.slice(0, 2).map(({ apiKey }) => apiKey)).toEqual(['agents', 'operators']);
  });

  test('take LLM_MODEL without LLM_ENDPOINT for the name of a model', () => {
    expect(named(null, {}, config({ ...ALL_KEYS, LLM_MODEL: 'gpt-4o' }))[0]).toBe('openai/gpt-4o');
  });
});

describe('a key', () => {
  const OWN = 'https://agent.example/v1';
  const OPERATORS = { GOOGLE_API_KEY: 'op-g', OPENAI_API_KEY: 'op-o', ANTHROPIC_API_KEY: 'op-a' };
  const URLS = {
    GOOGLE_BASE_URL: OWN,
    OPENAI_BASE_URL: OWN,
    ANTHROPIC_BASE_URL: OWN,
    LLM_ENDPOINT: OWN,
    LLM_MODEL: 'm',
  };

  test("of the operator's is never sent to an address that an agent names", () => {
    const given = config({ ...OPERATORS, LLM_ENDPOINT: 'http://localhost:1/v1', LLM_API_KEY: 'op-l' });
    for (const model of [null, 'gpt-4', 'gemini-pro', 'claude-sonnet-4-5', 'custom/x']) {
      const toAgents = candidatesOf({ model, environment: URLS }, given).filter((one) => one.baseUrl === OWN);
      expect(toAgents.length).toBeGreaterThan(0);
      expect(toAgents.map(({ apiKey }) => apiKey)).toEqual(toAgents.map(() => null));
    }
  });

  test("of an agent's is never sent to an address of the operator's", () => {
    const environment = { OPENAI_API_KEY: 'agents', LLM_API_KEY: 'agents' };
    const given = config({
      OPENAI_BASE_URL: 'http://gateway.internal/v1',
      LLM_ENDPOINT: 'http://localhost:1/v1',
    });
    const all = candidatesOf({ model: 'gpt-4', environment }, given);
    expect(all.filter(({ apiKey }) => apiKey === 'agents').map(({ baseUrl }) => baseUrl)).toEqual(
      all.filter(({ apiKey }) => apiKey === 'agents').map(() => undefined),
    );
    expect(all.find(({ provider }) => provider === 'custom')).toMatchObject({ apiKey: null });
  });

  test('and what an agent names goes through the guard, what the operator names does not', () => {
    const environment = { ...URLS, OPENAI_API_KEY: 'agents' };
    const given = config({ GOOGLE_API_KEY: 'g', GOOGLE_BASE_URL: 'http://localhost:2' });
    const all = candidatesOf({ model: 'gpt-4', environment }, given);
    expect(all.map(({ baseUrl, isGuarded }) => [baseUrl, isGuarded])).toEqual(
      all.map(({ baseUrl }) => [baseUrl, baseUrl === OWN]),
    );
  });
});
