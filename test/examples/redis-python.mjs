import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from './example.mjs';

test('a Python service submits tasks over Redis and waits for their results', async () => {
  const output = await run('python3', ['redis/submit.py']);
  assert.match(output, /^submitted [0-9a-f-]{36}$/m);
  assert.match(output, /^result: \{.*\}$/m);
  assert.match(output, /^refused: agent_name: is not the name of an agent$/m);
});
