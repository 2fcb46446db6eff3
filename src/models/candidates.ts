import type { Config } from '../config.js';
import type { Candidate, ModelWish } from './models.js';
import {
  guessProvider,
  LAST_RESORT,
  type NamedProvider,
  PROVIDER_NAMES,
  PROVIDERS,
  type Provider,
} from './provider-table.js';

type VariableOf<Entry> = Entry extends { key: infer Key; url: infer Url }
  ? Extract<Key | Url, string>
  : never;
type VariableName =
  | VariableOf<(typeof PROVIDERS)[NamedProvider]>
  | 'LLM_ENDPOINT'
  | 'LLM_API_KEY'
  | 'LLM_MODEL';
type Variables = Partial<Record<VariableName, string | undefined>>;
export type ModelConfig = Variables & Pick<Config, 'DEFAULT_AI_MODEL' | 'LLM_STRUCTURED_OUTPUTS'>;

/** Whose keys and addresses: they are only ever used together. */
interface Scope {
  variables: Variables;
  isGuarded: boolean;
  takesSchema: boolean;
}

interface NamedModel {
  provider: Provider;
  model: string;
}

const names: readonly string[] = [...PROVIDER_NAMES, 'custom'];
const isProvider = (text: string | undefined): text is Provider => text !== undefined && names.includes(text);

/** `openai/gpt-4`, or a bare name, whose provider is guessed. */
function parseModel(text: string): NamedModel {
  const [, given, rest] = /^([a-z]+)\/(.+)$/i.exec(text) ?? [];
  const provider = given?.toLowerCase();
  if (isProvider(provider) && rest !== undefined) return { provider, model: rest };
  return { provider: guessProvider(text), model: text };
}

/** They came before their provider took a JSON Schema. */
const WITHOUT_SCHEMA = /^gpt-(4(-|$)|3\.5)/;

/** A model with the key of one scope, and with nobody else's; null where that has none. */
function candidate({ provider, model }: NamedModel, scope: Scope): Candidate | null {
  const { variables, isGuarded } = scope;
  if (provider === 'custom') {
    if (!variables.LLM_ENDPOINT) return null;
    const apiKey = variables.LLM_API_KEY || null;
    const { LLM_ENDPOINT: baseUrl } = variables;
    return { provider, model, apiKey, baseUrl, isGuarded, takesSchema: scope.takesSchema };
  }
  const { key, url } = PROVIDERS[provider];
  const apiKey = variables[key];
  if (!apiKey) return null;
  const baseUrl = variables[url] || undefined;
  const takesSchema = !WITHOUT_SCHEMA.test(model);
  // At the provider's own address there is nothing to guard against.
  return { provider, model, apiKey, baseUrl, isGuarded: isGuarded && baseUrl !== undefined, takesSchema };
}

/**
 * The models that may be asked, in the order in which they are. A key is sent to the address that was set together
 * with it, or to its provider's own: an agent's address never gets a key of the operator's.
 */
export function candidatesOf({ model, environment }: ModelWish, config: ModelConfig): Candidate[] {
  const ofAgent: Scope = {
    variables: environment,
    isGuarded: true,
    takesSchema: environment.LLM_STRUCTURED_OUTPUTS === 'on',
  };
  const ofOperator: Scope = {
    variables: config,
    isGuarded: false,
    takesSchema: config.LLM_STRUCTURED_OUTPUTS,
  };
  const withAnyKey = (named: NamedModel) => [candidate(named, ofAgent), candidate(named, ofOperator)];
  const ofVariables = (scope: Scope) => {
    const { LLM_ENDPOINT: endpoint, LLM_MODEL: wanted } = scope.variables;
    if (endpoint) return [candidate({ provider: 'custom', model: wanted || config.DEFAULT_AI_MODEL }, scope)];
    return wanted ? withAnyKey(parseModel(wanted)) : [];
  };
  const all = [
    ...(model === null ? [] : withAnyKey(parseModel(model))),
    ...ofVariables(ofAgent),
    ...ofVariables(ofOperator),
    ...withAnyKey(parseModel(config.DEFAULT_AI_MODEL)),
    ...LAST_RESORT.flatMap(withAnyKey),
  ].filter((one) => one !== null);
  return [...new Map(all.map((one) => [JSON.stringify(one), one])).values()];
}
