import { randomBytes } from 'node:crypto';

const SECRET_PREFIX = 'mas_';
const SECRET_BYTES = 32;

/** A new secret of an agent: 256 bits that nobody can guess. */
export const newAgentSecret = (): string => SECRET_PREFIX + randomBytes(SECRET_BYTES).toString('base64url');
