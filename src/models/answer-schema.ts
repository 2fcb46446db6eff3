import type { z } from 'zod';
import { argumentSchema } from '../schemas/argument-schema.js';
import { ModelError } from './model-error.js';

/** An answer that stands in a fence, as models like to write JSON. */
const FENCED = /^\s*```(?:json)?\s*\n([\s\S]*?)\n?\s*```\s*$/;

/** How a model is told what to answer where its provider takes no schema. */
export const inWords = (schema: Record<string, unknown>): string =>
  `Answer with one JSON value that keeps to this JSON Schema, and with nothing else:\n${JSON.stringify(schema)}`;

/** What checks an answer; throws an `ArgumentSchemaError` for a schema that cannot be used. */
export const readSchema = (schema: Record<string, unknown>): z.ZodType => argumentSchema(schema);

/** What was answered to a schema; throws a {@link ModelError} where it does not keep to it. */
export function parseAnswer(schema: z.ZodType, text: string): unknown {
  const parsed = schema.safeParse(jsonOf(FENCED.exec(text)?.[1] ?? text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue?.path.join('.') || 'the answer';
  throw new ModelError(
    'invalid_output',
    `the answer does not keep to the schema: ${place}: ${issue?.message}`,
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ModelError('invalid_output', 'the answer is not JSON');
  }
}
