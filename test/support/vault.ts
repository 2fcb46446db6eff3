import { randomBytes } from 'node:crypto';
import { createVault, type Vault } from '../../src/secrets/vault.js';

/** A vault with a key that no other one has. */
export const newVault = (): Vault => createVault([{ id: 'key', key: Buffer.from(randomBytes(32)) }]);
