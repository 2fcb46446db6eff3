import type { z } from 'zod';

/** One field and what is wrong with it; an empty path is the body itself. */
export type FieldError = { path: string; message: string };

type Issue = z.core.$ZodIssue;
const MOST_ERRORS = 100;
const LONGEST_PATH = 300;

const pathOf = (path: PropertyKey[]) => path.map(String).join('.').slice(0, LONGEST_PATH);

const WORDS: [RegExp, string][] = [
  [/^Invalid input: expected .*, received undefined$/, 'is required'],
  [/^Invalid input: expected int, received number$/, 'must be a whole number'],
  [/^Invalid input: expected record, received (.*)$/, 'must be an object, not $1'],
  [/^Invalid input: expected (.*), received (.*)$/, 'must be $1, not $2'],
  [/^Too (?:small|big): expected (.*) to have >=(\d+) (.*)$/, 'must have at least $2 $3'],
  [/^Too (?:small|big): expected (.*) to have <=(\d+) (.*)$/, 'must have at most $2 $3'],
  [/^Too (?:small|big): expected (.*) to be (.*)$/, 'must be $2'],
  [/^Invalid option: expected one of (.*)$/, 'must be one of $1'],
  [/^Invalid discriminator value. Expected (.*)$/, 'must be one of $1'],
];

function inWords(message: string): string {
  const [pattern, words] = WORDS.find(([candidate]) => candidate.test(message)) ?? [];
  return pattern && words ? message.replace(pattern, words) : message;
}

/** Text where an object is expected: not this choice of a union was meant. */
const isOfAnotherKind = ({ code, path }: Issue) => code === 'invalid_type' && path.length === 0;

function errorsOf(issue: Issue, parent: PropertyKey[]): FieldError[] {
  const path = [...parent, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: pathOf([...path, key]), message: 'is not a known field' }));
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const meant = issue.errors.filter((issues) => !issues.some(isOfAnotherKind));
    if (meant.length === 1) return (meant[0] ?? []).flatMap((inner) => errorsOf(inner, path));
    const choices = issue.errors.flatMap((issues) => issues.map(({ message }) => inWords(message)));
    return [{ path: pathOf(path), message: [...new Set(choices)].join(', or ') }];
  }
  if (issue.code === 'invalid_key') return issue.issues.flatMap((inner) => errorsOf(inner, path));
  return [{ path: pathOf(path), message: inWords(issue.message) }];
}

/** What a schema found, field by field; at most 100. */
export function fieldErrors({ issues }: z.ZodError): FieldError[] {
  const errors: FieldError[] = [];
  for (const issue of issues) {
    errors.push(...errorsOf(issue, []));
    if (errors.length >= MOST_ERRORS) break;
  }
  return errors.slice(0, MOST_ERRORS);
}
