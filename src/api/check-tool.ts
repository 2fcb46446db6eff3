import type { ToolRow } from '../db/tools.js';
import { type GuardOptions, leadsInwards } from '../outbound/guard.js';
import { ArgumentSchemaError, argumentSchema } from '../schemas/argument-schema.js';
import { type FieldError, fieldErrors } from '../schemas/field-errors.js';
import { TOOL_CONFIG } from '../schemas/tool.js';
import { invalid } from './problem.js';

type CheckedTool = Pick<ToolRow, 'kind' | 'schema'> & { config: Record<string, unknown> };

/** The code of these is elsewhere: what they are given is checked here, by their schema alone. */
const isRemote = (kind: ToolRow['kind']) => kind !== 'builtin';

function configErrors({ kind, config }: CheckedTool, guard: GuardOptions): FieldError[] {
  const parsed = TOOL_CONFIG[kind].safeParse(config);
  if (!parsed.success) {
    return fieldErrors(parsed.error).map(({ path, message }) => ({
      ...{ path: path === '' ? 'config' : `config.${path}`, message },
    }));
  }
  const { url } = parsed.data;
  if (!isRemote(kind) || typeof url !== 'string' || !leadsInwards(url, guard)) return [];
  return [{ path: 'config.url', message: 'leads to an address that is not allowed' }];
}

function schemaErrors({ kind, schema }: CheckedTool): FieldError[] {
  if (!isRemote(kind)) return [];
  try {
    argumentSchema(schema.input);
    return [];
  } catch (error) {
    if (!(error instanceof ArgumentSchemaError)) throw error;
    return [{ path: 'schema.input', message: error.message }];
  }
}

/** Refuses a tool that could never be called: its configuration is not of its kind, leads inwards, or its schema checks nothing. */
export function checkTool(tool: CheckedTool, guard: GuardOptions): void {
  const errors = [...configErrors(tool, guard), ...schemaErrors(tool)];
  if (errors.length > 0) throw invalid(errors);
}
