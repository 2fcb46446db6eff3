import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { isAllowEntry } from './outbound/guard.js';
import { NatsUrl, RedisUrl, SmtpUrl } from './schemas/server-url.js';
import { Count, HttpUrl, KeyRing, List, ModelPrices, Port, switched } from './schemas/setting.js';

const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')));

/** Every variable that Mainspring reads, with its default. `.env.example` lists the same (a test compares them). */
export const Environment = z.object({
  NODE_ENV: z.enum(['development', 'production', 'test']).default('development'),
  HOST: z.string().optional().describe('127.0.0.1, in production 0.0.0.0'),
  PORT: Port.default(3000),
  WORKER_PORT: Port.default(3001).describe('Of a worker process without an API: its metrics and probes'),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  DATA_DIR: z.string().default('.mainspring').describe('Embedded database, dev server data, kept binaries'),
  DATABASE_URL: z.string().optional().describe('A PostgreSQL server instead of the embedded database'),
  TEMPORAL_ADDRESS: z.string().optional().describe('A Temporal server instead of a local dev server'),
  TEMPORAL_NAMESPACE: z.string().default('mainspring'),
  TEMPORAL_API_KEY: z
    .string()
    .optional()
    .describe('Of Temporal Cloud; TEMPORAL_TLS… are read as the Temporal SDKs read them'),
  TEMPORAL_PROFILE: z.string().optional().describe("A profile of Temporal's own TOML configuration"),
  TEMPORAL_CONFIG_FILE: z
    .string()
    .optional()
    .describe('That configuration, when it is not at its usual place'),
  TEMPORAL_PORT: Port.default(7233).describe('Of the dev server that npm start runs'),
  TEMPORAL_UI_PORT: Port.default(8233).describe('Of its Web UI'),
  TEMPORAL_UI_URL: z
    .string()
    .optional()
    .describe('Where people find the Web UI; links to runs begin with it'),
  SECRET_KEYS: KeyRing.describe('Seal secrets in the database, digest API keys, sign admin tokens'),
  PAYLOAD_KEYS: KeyRing.describe('Encrypt what Temporal stores; empty: not encrypted'),
  OUTBOUND_ALLOW: List.superRefine((entries, ctx) => {
    for (const entry of entries.filter((one) => !isAllowEntry(one)))
      ctx.addIssue(`"${entry}" is neither a host name, an address nor a CIDR range`);
  }).describe('Hosts, addresses and CIDR ranges that outbound requests may reach besides public ones'),
  WEBHOOK_TIMEOUT_MS: Count.default(15_000),
  WEBHOOK_CONNECTIONS: Count.default(64).describe('At once to one receiver, per process'),
  PUBLIC_URL: HttpUrl.optional().describe('Where agents reach the API; what installs them begins with it'),
  CORS_ORIGINS: List,
  TRUSTED_PROXIES: z.coerce
    .number()
    .int()
    .min(0)
    .max(10)
    .default(0)
    .describe('In front of the API, one behind the other; they tell callers apart'),
  RATE_LIMITS: switched('on').describe('off is refused in production'),
  RATE_LIMIT_FREE: Count.default(10),
  RATE_LIMIT_PRO: Count.default(100),
  RATE_LIMIT_TEAM: Count.default(500),
  RATE_LIMIT_ENTERPRISE: Count.default(1_000),
  LEDGER_RETENTION_DAYS: Count.default(90),
  GOOGLE_API_KEY: z.string().optional(),
  GOOGLE_BASE_URL: HttpUrl.optional(),
  OPENAI_API_KEY: z.string().optional(),
  OPENAI_BASE_URL: HttpUrl.optional(),
  ANTHROPIC_API_KEY: z.string().optional(),
  ANTHROPIC_BASE_URL: HttpUrl.optional(),
  LLM_ENDPOINT: HttpUrl.optional().describe(
    'OpenAI-compatible: its base, or the whole URL that ends in /chat/completions',
  ),
  LLM_API_KEY: z.string().optional(),
  LLM_MODEL: z.string().optional(),
  LLM_TIMEOUT: Count.default(60).describe('Of one answer, in seconds'),
  LLM_MAX_TOKENS: Count.default(4_096).describe('Of one answer'),
  LLM_STREAM: switched('on'),
  LLM_STRUCTURED_OUTPUTS: switched('off').describe('Whether LLM_ENDPOINT takes a json_schema'),
  DEFAULT_AI_MODEL: z.string().default('gemini-2.0-flash'),
  MODEL_PRICES: ModelPrices,
  ORG_MAX_TOKENS_PER_DAY: Count.optional(),
  ORG_MAX_COST_USD_PER_DAY: z.coerce.number().positive().optional(),
  TASK_TIMEOUT_SECONDS: Count.default(300).describe(
    'Of a task, where neither its caller nor its agent says otherwise',
  ),
  MAX_WORKERS: Count.default(10).describe('Calls of models and tools at once, per worker'),
  APPROVAL_TIMEOUT_SECONDS: Count.default(86_400),
  MAINSPRING_CONFIG: z.string().optional().describe('A YAML file that declares agents and schedules'),
  MAINSPRING_PLUGINS: List.describe('Modules with agents and tools'),
  TELEGRAM_BASE_URL: HttpUrl.default('https://api.telegram.org').describe('Of its Bot API'),
  SMTP_URL: SmtpUrl.optional().describe('The server that takes e-mails: smtp://user:password@host:587'),
  SMTP_FROM: z.string().min(3).max(320).default('mainspring@localhost'),
  REDIS_URL: RedisUrl.optional().describe('A Redis server whose streams carry tasks and results'),
  REDIS_DB: z.coerce.number().int().min(0).max(65_535).default(0),
  REDIS_ORG: z.string().default('demo').describe('The organisation that the streams belong to'),
  TASK_STREAM: z.string().min(1).default('parrot:agent_tasks'),
  RESULT_STREAM: z.string().min(1).default('parrot:agent_results'),
  CONSUMER_GROUP: z.string().min(1).default('agent_service'),
  CONSUMER_NAME: z
    .string()
    .min(1)
    .optional()
    .describe('Of this process in its group; made up when not given'),
  NATS_URL: NatsUrl.optional().describe('A NATS server with JetStream that carries tasks and events'),
  NATS_ORG: z.string().default('demo').describe('The organisation that they belong to'),
  DOCKER_HOST: z
    .string()
    .regex(/^(?:unix|tcp|https?):\/\//, 'must begin with unix:// or tcp://')
    .optional()
    .describe('A container runtime: unix:///var/run/docker.sock, where that is there, or tcp://host:2375'),
  CONTAINER_NETWORK: z.string().default('bridge').describe('Of agents in containers'),
  CONTAINER_API_URL: HttpUrl.optional().describe(
    'Where they reach the API; by default PUBLIC_URL, else http://host.docker.internal and PORT',
  ),
  SHUTDOWN_TIMEOUT_SECONDS: Count.default(30),
  WORKER_DEPLOYMENT_NAME: z
    .string()
    .regex(/^[^.]{1,100}$/, 'must have no dots')
    .optional()
    .describe("Workers take part in Temporal's Worker Versioning under this name; none: they do not"),
  WORKER_BUILD_ID: z.string().max(100).optional().describe('Which release these workers are'),
  DATABASE_POOL: Count.default(20).describe('Connections to DATABASE_URL, per process'),
  METRICS_PORT: Port.optional().describe("Of the Temporal SDK's own metrics, which /metrics appends"),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.string().optional(),
  OTEL_SERVICE_NAME: z.string().default('mainspring'),
});
export type Environment = z.infer<typeof Environment>;

/** The environment, completed: what the rest of the program reads. */
export interface Config extends Environment {
  /** Of Mainspring. */
  version: string;
  isProduction: boolean;
  host: string;
  temporalUiUrl: string;
}

/** A setting that is wrong, in a sentence per variable; ends a start with exit code 1. */
export class ConfigError extends Error {}

function contentOf(file: string, name: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    throw new ConfigError(`${name}: the file ${file} cannot be read`);
  }
}

/** `X_FILE` names a file that holds the value of `X`, as container platforms hand out secrets. */
function withFiles(env: NodeJS.ProcessEnv): Record<string, string | undefined> {
  const values: Record<string, string | undefined> = {};
  for (const name of Object.keys(Environment.shape)) {
    const file = env[`${name}_FILE`];
    const value = file ? contentOf(file, `${name}_FILE`) : env[name];
    values[name] = value === '' ? undefined : value;
  }
  return values;
}

interface Rule {
  broken: (env: Environment) => boolean;
  message: string;
}
const INCONSISTENT: Rule[] = [
  {
    broken: (env) => (env.WORKER_DEPLOYMENT_NAME === undefined) !== (env.WORKER_BUILD_ID === undefined),
    message: 'WORKER_DEPLOYMENT_NAME, WORKER_BUILD_ID: give both or neither',
  },
  {
    broken: (env) => env.TASK_STREAM === env.RESULT_STREAM,
    message: 'RESULT_STREAM: must not be TASK_STREAM: results would be read as tasks',
  },
];
const UNSAFE_IN_PRODUCTION: Rule[] = [
  { broken: (env) => env.SECRET_KEYS.length === 0, message: 'SECRET_KEYS: must be set in production' },
  { broken: (env) => !env.RATE_LIMITS, message: 'RATE_LIMITS: cannot be off in production' },
];

/** Reads and checks the environment; throws a {@link ConfigError} that lists every mistake at once. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const parsed = Environment.safeParse(withFiles(env));
  if (!parsed.success) {
    throw new ConfigError(
      parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'),
    );
  }
  const isProduction = parsed.data.NODE_ENV === 'production';
  const rules = [...INCONSISTENT, ...(isProduction ? UNSAFE_IN_PRODUCTION : [])];
  const broken = rules.filter((rule) => rule.broken(parsed.data));
  if (broken.length > 0) throw new ConfigError(broken.map((rule) => rule.message).join('\n'));
  return {
    ...parsed.data,
    version,
    isProduction,
    host: parsed.data.HOST ?? (isProduction ? '0.0.0.0' : '127.0.0.1'),
    temporalUiUrl: parsed.data.TEMPORAL_UI_URL ?? `http://localhost:${parsed.data.TEMPORAL_UI_PORT}`,
  };
}

/** The environment of a child process: this one's, and what it is given besides. */
export const withEnvironment = (more: Record<string, string>): NodeJS.ProcessEnv => ({
  ...process.env,
  ...more,
});
