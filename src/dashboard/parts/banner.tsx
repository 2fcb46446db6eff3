import { isLimited, signOut } from '../session.js';
import { type Standing, standing } from '../standing.js';
import { allowance } from '../wire.js';

const UNREADY = 'What is due waits; nothing that was acknowledged is lost. What is shown may be behind.';

const SAYS: Record<Standing['kind'], { tone: 'bad' | 'warn'; title: string } | null> = {
  well: null,
  unreachable: { tone: 'bad', title: 'Mainspring does not answer.' },
  unready: { tone: 'warn', title: 'Mainspring is not well:' },
};

function detailOf(now: Standing): string {
  if (now.kind === 'unready') return `${now.detail}. ${UNREADY}`;
  return 'Is it running (npm start)? What is shown is the last that was read; this tries again by itself.';
}

/** What somebody has to know who looks at any page. */
export function Banner() {
  const now = standing.value;
  const says = SAYS[now.kind];
  const { left, limit } = allowance.value ?? { left: 1, limit: 1 };
  return (
    <div role="status" aria-live="polite">
      {says ? (
        <p class="banner" data-tone={says.tone}>
          <strong>{says.title}</strong> <span>{detailOf(now)}</span>
        </p>
      ) : null}
      {left === 0 ? (
        <p class="banner">
          <strong>This key’s {limit} requests a minute are used up.</strong>{' '}
          <span>The board reads on when there are new ones, and more rarely.</span>
        </p>
      ) : null}
      {isLimited.value ? (
        <p class="banner" data-tone="plain">
          <strong>This key is limited to some tenants.</strong>{' '}
          <span>
            Events, agents and tasks are of the whole organisation: sign in with{' '}
            <button type="button" class="link" onClick={signOut}>
              another key
            </button>{' '}
            to see them.
          </span>
        </p>
      ) : null}
    </div>
  );
}
