import { Icon, type IconName } from './icon.js';

export type Tone = 'good' | 'bad' | 'warn' | 'busy' | 'plain';

/** What a status looks like: a colour and a drawing, so that neither is needed to tell it from another. */
const LOOKS: Record<string, { tone: Tone; icon: IconName }> = {};
const look = (tone: Tone, icon: IconName, ...statuses: string[]) => {
  for (const status of statuses) LOOKS[status] = { tone, icon };
};
look('good', 'check', 'fired', 'delivered', 'completed', 'processed', 'succeeded', 'approved', 'healthy');
look('good', 'dot', 'online', 'active', 'connected', 'enabled');
look('busy', 'bolt', 'firing', 'running', 'busy', 'connecting', 'started');
look('plain', 'ring', 'scheduled', 'queued', 'pending', 'created', 'idle', 'unknown');
look('plain', 'dash', 'cancelled', 'offline', 'inactive', 'stopped', 'skipped');
look('plain', 'pause', 'paused', 'disabled');
look('warn', 'hand', 'awaiting_approval', 'suspended', 'degraded');
look('warn', 'warn', 'stale', 'unhealthy', 'retrying');
look('bad', 'cross', 'failed', 'dead', 'timed_out', 'rejected', 'unreachable', 'error');

/** A status in words. `text` where another word than the status itself says more. */
export function Badge({ status, text }: { status: string; text?: string }) {
  const { tone, icon } = LOOKS[status] ?? { tone: 'plain', icon: 'ring' };
  return (
    <span class="badge" data-tone={tone}>
      <Icon name={icon} />
      {text ?? status.replaceAll('_', ' ')}
    </span>
  );
}
