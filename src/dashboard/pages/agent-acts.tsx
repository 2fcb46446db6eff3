import type { Agent, MainspringClient } from '../../client/index.js';
import { Act, type ActProps, type Shape } from '../parts/act.js';
import { isAdmin } from '../session.js';

type Verb = 'start' | 'pause' | 'resume' | 'stop' | 'suspend' | 'activate';

interface Move {
  verb: Verb;
  name: string;
  says: string;
  ask?: { title: string; body: string };
}

const START: Move = { verb: 'start', name: 'Start', says: 'is started.' };
const PAUSE: Move = { verb: 'pause', name: 'Pause', says: 'is told to pause with its next heartbeat.' };
const RESUME: Move = { verb: 'resume', name: 'Resume', says: 'goes on.' };
const STOP: Move = {
  verb: 'stop',
  name: 'Stop',
  says: 'is told to stop with its next heartbeat.',
  ask: { title: 'Stop', body: 'It takes nothing more until it is started again; its container is stopped.' },
};
const SUSPEND: Move = {
  verb: 'suspend',
  name: 'Suspend',
  says: 'is suspended.',
  ask: { title: 'Suspend', body: 'Its session ends at once, and it cannot connect until it is activated.' },
};
const ACTIVATE: Move = { verb: 'activate', name: 'Activate', says: 'may connect again.' };

const BY_LIFECYCLE: Record<Agent['lifecycle'], readonly Move[]> = {
  created: [START, STOP],
  running: [PAUSE, STOP],
  paused: [RESUME, STOP],
  stopped: [START],
};

/** What its lifecycle allows; suspending is an administrator's. */
function movesOf({ lifecycle, status }: Agent): readonly Move[] {
  if (!isAdmin.value) return BY_LIFECYCLE[lifecycle];
  return [...BY_LIFECYCLE[lifecycle], status === 'suspended' ? ACTIVATE : SUSPEND];
}

const questionOf = ({ ask, name: verb }: Move, { name }: Agent): ActProps['ask'] =>
  ask && { title: `${ask.title} “${name}”?`, confirm: verb, body: <p>{ask.body}</p> };

const doneTo = (client: MainspringClient, { verb }: Move, { id }: Agent) => client.agents[verb](id);

/** The lifecycle of an agent, as buttons. */
export function AgentActs({ agent, ...shape }: Shape & { agent: Agent }) {
  return (
    <div class="buttons">
      {movesOf(agent).map((move) => {
        const ask = questionOf(move, agent);
        return (
          <Act
            key={move.verb}
            name={move.name}
            of={agent.name}
            {...shape}
            ask={ask}
            tone={ask && 'danger'}
            run={async (client) => {
              await doneTo(client, move, agent);
              return `“${agent.name}” ${move.says}`;
            }}
          />
        );
      })}
    </div>
  );
}
