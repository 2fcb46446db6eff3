import { Option } from 'commander';

/** An option that takes one of some words: checked, listed by the help, and completed by shells. */
export const choice = (flags: string, words: readonly string[], description?: string): Option =>
  new Option(flags, description).choices(words);
