import { readFileSync } from 'node:fs';
import { type Document, isNode, LineCounter, parseDocument, visit } from 'yaml';
import { ConfigError } from '../config.js';
import { Declaration } from '../schemas/declaration.js';
import { type FieldError, fieldErrors } from '../schemas/field-errors.js';

/** What a file declares, and where in it. */
export interface DeclaredFile {
  declaration: Declaration;
  /** The error that names file, line and field of each flaw. */
  errorOf(flaws: readonly FieldError[]): ConfigError;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(`MAINSPRING_CONFIG: the file ${file} cannot be read`, { cause: error });
  }
}

type Step = string | number;
const stepsOf = (path: string): Step[] =>
  path.split('.').map((step) => (/^\d+$/.test(step) ? Number(step) : step));

/** What a document says. The library's own errors quote the file, and secrets may stand in it. */
function plainOf(document: Document, file: string, lineOf: (offset: number) => number): unknown {
  const fail = (line: number, message: string) => new ConfigError(`${file}:${line}: ${message}`);
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document)) return;
      const line = lineOf(alias.range?.[0] ?? 0);
      throw fail(line, 'a * stands for what an & named above, and there is none: put the text in quotes');
    },
  });
  try {
    return document.toJS();
  } catch (error) {
    if (error instanceof ReferenceError) throw fail(1, 'its & and * come to too much');
    throw error;
  }
}

const isFields = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A field with nothing behind it is as one that is not there: `delivery:`. */
function withoutNulls(said: unknown): unknown {
  if (typeof said !== 'object' || said === null) return said ?? {};
  const given = (item: unknown) =>
    isFields(item) ? Object.fromEntries(Object.entries(item).filter(([, value]) => value !== null)) : item;
  return Object.fromEntries(
    Object.entries(said).map(([name, list]) => [name, Array.isArray(list) ? list.map(given) : list]),
  );
}

/** Reads a file of agents and schedules. Throws a ConfigError whose every line names file, line and field. */
export function readDeclared(file: string): DeclaredFile {
  const lines = new LineCounter();
  // Of a bad file the library would print a piece, and secrets may stand in it.
  const document = parseDocument(textOf(file), { lineCounter: lines, prettyErrors: false });
  const lineOf = (offset: number) => lines.linePos(offset).line;
  const [broken] = document.errors;
  if (broken) throw new ConfigError(`${file}:${lineOf(broken.pos[0])}: is not YAML: ${broken.message}`);

  /** Where a field stands; one that is missing belongs to what it is missing from. */
  function lineOfPath(path: string): number {
    for (let steps = stepsOf(path); steps.length > 0; steps = steps.slice(0, -1)) {
      const node = document.getIn(steps, true);
      if (isNode(node) && node.range) return lineOf(node.range[0]);
    }
    return 1;
  }
  const errorOf = (flaws: readonly FieldError[]) =>
    new ConfigError(
      flaws
        .map(
          ({ path, message }) => `${file}:${lineOfPath(path)}: ${path === '' ? '' : `${path}: `}${message}`,
        )
        .join('\n'),
    );
  const parsed = Declaration.safeParse(withoutNulls(plainOf(document, file, lineOf)));
  if (!parsed.success) throw errorOf(fieldErrors(parsed.error));
  return { declaration: parsed.data, errorOf };
}
