import type { Config } from '../../config.js';

export interface Finding {
  status: 'ok' | 'warn' | 'fail';
  /** What was found. */
  found: string;
  /** What to do about it, unless all is well. */
  mend?: string;
}

export const ok = (found: string): Finding => ({ status: 'ok', found });
export const warn = (found: string, mend: string): Finding => ({ status: 'warn', found, mend });
export const fail = (found: string, mend: string): Finding => ({ status: 'fail', found, mend });

/** What the checks look at. */
export interface Patient {
  config: Config;
  api: Api;
}

/** Where the API is, and what lets us in. */
export interface Api {
  url: string;
  /** Somebody said that it is there; else it is where this configuration would start it. */
  isNamed: boolean;
  credentials: { name: string; headers: Record<string, string> }[];
}

export interface Check {
  name: string;
  look: (patient: Patient) => Promise<Finding> | Finding;
}
