import type { AgentRow } from '../../db/agents.js';
import { definitionOf, methodsOf } from '../../hosted/catalogue.js';
import type { Services } from '../services.js';

/** What an agent can be asked, as A2A names it: a method of an agent, or an agent of an organisation. */
type Skill = { id: string; name: string; description: string; tags: string[] };

const tagsOf = (type: string | null): string[] => (type === null ? [] : [type]);

const MODES = ['text/plain', 'application/json'];

interface CardOptions {
  name: string;
  description: string;
  /** Where its requests go. */
  url: string;
  skills: Skill[];
  version: string;
}

/** Security schemes as both revisions of the protocol write them. */
const SCHEMES = {
  apiKey: {
    ...{ type: 'apiKey', in: 'header', name: 'X-API-Key' },
    apiKeySecurityScheme: { location: 'header', name: 'X-API-Key' },
  },
  bearer: { type: 'http', scheme: 'bearer', httpAuthSecurityScheme: { scheme: 'Bearer' } },
};

/** A card that clients of A2A 1.0 and of 0.3 read: the fields of one say nothing to the other. */
function cardOf({ name, description, url, skills, version }: CardOptions) {
  const binding = 'JSONRPC';
  return {
    ...{ name, description, version, skills },
    supportedInterfaces: ['1.0', '0.3'].map((protocolVersion) => ({
      ...{ url, protocolBinding: binding, protocolVersion },
    })),
    capabilities: { streaming: true, pushNotifications: false, extendedAgentCard: true },
    securitySchemes: SCHEMES,
    securityRequirements: Object.keys(SCHEMES).map((scheme) => ({ schemes: { [scheme]: { list: [] } } })),
    defaultInputModes: MODES,
    defaultOutputModes: MODES,
    // What 0.3 calls them.
    ...{
      url,
      preferredTransport: binding,
      protocolVersion: '0.3.0',
      supportsAuthenticatedExtendedCard: true,
    },
    security: Object.keys(SCHEMES).map((scheme) => ({ [scheme]: [] })),
  };
}
export type Card = ReturnType<typeof cardOf>;

const DESCRIPTION =
  'Gives tasks to the agents of your organisation. Name the agent in the metadata of the message, as `agent_name`; the card for those who sign in says which there are.';
const DELEGATE: Skill = {
  id: 'delegate',
  name: 'Give an agent a task',
  description: 'The agent is asked what the message says; its answer is the artifact of the task.',
  tags: ['agents', 'tasks'],
};

/** Everybody's card: it tells nothing of any organisation. */
export const openCard = (origin: string, { config }: Pick<Services, 'config'>): Card =>
  cardOf({
    ...{ name: 'Mainspring', description: DESCRIPTION, version: config.version },
    ...{ url: `${origin}/a2a`, skills: [DELEGATE] },
  });

/** The card for an organisation: a skill for each of its agents. */
export const organisationCard = (
  origin: string,
  agents: Pick<AgentRow, 'name' | 'type' | 'description'>[],
  services: Pick<Services, 'config'>,
): Card => ({
  ...openCard(origin, services),
  skills: agents.map(({ name, type, description }) => ({
    ...{ id: name, name, description: description || `The agent ${name}` },
    tags: tagsOf(type),
  })),
});

/** The card of one agent: a skill for each of its methods. */
export function agentCard(origin: string, agent: AgentRow, { catalogue }: Pick<Services, 'catalogue'>): Card {
  const methods = methodsOf(definitionOf(catalogue, agent));
  return cardOf({
    name: agent.name,
    description: agent.description || `The agent ${agent.name}`,
    url: `${origin}/a2a/${agent.id}`,
    version: String(agent.config_version),
    skills: methods.map(({ name, method }) => ({
      ...{ id: name, name: name.replaceAll('_', ' '), description: method.description },
      tags: tagsOf(agent.type),
    })),
  });
}
