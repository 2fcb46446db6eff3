import type { BrokerState } from '../messages/broker.js';
import { plain } from './plain.js';

/** What a person reads of a broker's run in the Temporal Web UI: Markdown. */
export const brokerDetails = ({ name, status, error }: BrokerState): string =>
  `**${plain(name)}**: ${status}${error === null ? '' : ` (${plain(error)})`}`;
