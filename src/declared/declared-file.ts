import { readFileSync } from 'node:fs';
import { isNode, LineCounter, parseDocument } from 'yaml';
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
  const parsed = Declaration.safeParse(document.toJS() ?? {});
  if (!parsed.success) throw errorOf(fieldErrors(parsed.error));
  return { declaration: parsed.data, errorOf };
}
