import { randomBytes } from 'node:crypto';

const KEY_PREFIX = 'mnt_';
const KEY_BYTES = 32;
const SHOWN_LENGTH = 10;
const KEY_SHAPE = /^mnt_[A-Za-z0-9_-]{8,128}$/;

/** Stands in development only, with the rights of the organisation `demo`. */
export const DEMO_KEY = 'mnt_demo_key_pro';
export const DEMO_ORG = 'demo';

/** A new API key: 256 bits that nobody can guess. */
export const generateKey = (): string => KEY_PREFIX + randomBytes(KEY_BYTES).toString('base64url');

/** The first characters of a key, which people tell keys apart by. */
export const shownPart = (key: string): string => key.slice(0, SHOWN_LENGTH);

/** Whether a text may be a key at all. */
export const isKeyShaped = (text: string): boolean => KEY_SHAPE.test(text);
