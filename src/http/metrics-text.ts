import type { Config } from '../config.js';
import type { Log } from '../log.js';
import { registry } from '../metrics.js';

const LONGEST_ANSWER_MS = 1_000;

export interface MetricsSource {
  config: Pick<Config, 'METRICS_PORT'>;
  log: Pick<Log, 'debug'>;
}

/** The Temporal SDK serves its own metrics on a port of this process; when it does not answer they are left out. */
async function engineMetrics({ config, log }: MetricsSource): Promise<string> {
  if (config.METRICS_PORT === undefined) return '';
  try {
    const url = `http://127.0.0.1:${config.METRICS_PORT}/metrics`;
    const answer = await fetch(url, { signal: AbortSignal.timeout(LONGEST_ANSWER_MS) });
    return answer.ok ? await answer.text() : '';
  } catch (error) {
    log.debug({ error }, "The SDK's metrics could not be read");
    return '';
  }
}

/** Everything that this process counts, as Prometheus reads it. */
export async function metricsText(source: MetricsSource): Promise<{ text: string; contentType: string }> {
  const [ours, engine] = await Promise.all([registry.metrics(), engineMetrics(source)]);
  return { text: ours + engine, contentType: registry.contentType };
}
