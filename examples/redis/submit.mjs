/**
 * Tasks over Redis streams: one that nobody waits for, one whose result is waited for, and one that cannot be done.
 *
 *   REDIS_URL=redis://localhost:6379 node redis/submit.mjs
 */
import { AgentServiceClient } from './agent-service-client.mjs';

const client = await new AgentServiceClient(process.env.REDIS_URL).connect();

const taskId = await client.submitTask({
  agent_name: 'AdminAgent',
  method_name: 'health',
  priority: 'BACKGROUND',
});
console.log(`submitted ${taskId}`);

const result = await client.submitAndWait(
  { agent_name: 'AdminAgent', method_name: 'health', priority: 'HIGH', metadata: { source: 'an example' } },
  { timeoutSeconds: 30 },
);
if (result === null) console.log('no result in time');
else console.log(result.success ? `result: ${JSON.stringify(result.output)}` : `failed: ${result.error}`);

const refused = await client.submitAndWait({ agent_name: 'Nobody', prompt: 'Is anybody there?' });
console.log(`refused: ${refused?.error}`);

await client.close();
