import { ApiProblem, invalid } from './problem.js';

const MOST_PARAMETERS = 50;

/** The parameters of a query string; throws when one comes twice or cannot be stored as text. */
export function readQuery(text: string): Record<string, string> {
  if (text === '') return {};
  const query = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (query.has(name)) throw invalid([{ path: name, message: 'is given more than once' }]);
    if (value.includes('\0')) throw invalid([{ path: name, message: 'contains a NUL character' }]);
    query.set(name, value);
    if (query.size > MOST_PARAMETERS) throw invalid([{ path: '', message: 'too many query parameters' }]);
  }
  return Object.fromEntries(query);
}

/** The text of each path parameter; what was not escaped as UTF-8 is malformed. */
export function decodeParams(params: Record<string, string>): Record<string, string> {
  for (const [name, value] of Object.entries(params)) {
    if (value.includes('%')) params[name] = decode(value);
  }
  return params;
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    throw new ApiProblem('malformed_request', 'the path has a % that does not begin an escape');
  }
}
