#!/usr/bin/env node
/**
 * Starts the product and sends it generated requests, right and wrong ones, from its own OpenAPI document:
 *
 *   node scripts/fuzz.mjs [--requests 20000] [--seed n]
 *
 * test/fuzz/README.md says what must not happen. Exit code 1 when it does.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { register } from 'node:module';
import { parseArgs } from 'node:util';
import { startProduct } from './product.mjs';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '20000' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
  },
});
const newKey = () => `fuzz:${randomBytes(32).toString('base64')}`;
const secretKeys = newKey();
/** At level error the product is silent unless something went wrong that nobody foresaw; Node warns of leaks. */
const outcries = [];
const listen = (line) => {
  if (/^\{"level":|Warning:/.test(line)) outcries.push(`it said: ${line.slice(0, 600)}`);
};
/** Nobody listens there: bots are tried, and nothing beyond this machine is called. */
const servers = { TELEGRAM_BASE_URL: 'http://127.0.0.1:1' };
const env = { SECRET_KEYS: secretKeys, PAYLOAD_KEYS: newKey(), LOG_LEVEL: 'error', ...servers };
const product = await startProduct('fuzz', env, listen);

// It is started first: that installs what is missing, and this may be it.
register('../test/support/typescript-hooks.mjs', import.meta.url);
const { fuzz } = await import('../test/fuzz/run.ts');

console.log(`fuzz, ${values.requests} requests; --seed ${values.seed} repeats them`);
const mistakes = await fuzz({
  port: product.port,
  hasEnded: product.hasEnded,
  secretKeys,
  requests: Number(values.requests),
  seed: Number(values.seed),
});
const code = await product.stop();
mistakes.push(...outcries);
for (const mistake of mistakes) console.log(`  WRONG: ${mistake}`);
if (mistakes.length > 0) console.log(`fuzz: FAILED; --seed ${values.seed} repeats it`);
else console.log('fuzz: ok');
process.exit(code === 0 && mistakes.length === 0 ? 0 : 1);
