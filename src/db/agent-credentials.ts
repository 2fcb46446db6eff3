import type { AgentRow } from './agents.js';
import type { Db } from './database.js';

export interface NewSecret {
  /** Keyed digest. */
  digest: string;
  /** Until when the secret before counts as well; null: it ends now. */
  previousUntil: Date | null;
}

/** Gives an agent that the transaction has locked a new secret; what was the one before the last ends in any case. */
export async function replaceSecret(tx: Db, agent: AgentRow, secret: NewSecret): Promise<void> {
  const { digest, previousUntil } = secret;
  await tx
    .updateTable('agents')
    .set({
      secret_digest: digest,
      previous_secret_digest: previousUntil ? agent.secret_digest : null,
      previous_until: previousUntil,
      credential_version: agent.credential_version + 1,
    })
    .where('id', '=', agent.id)
    .execute();
}
