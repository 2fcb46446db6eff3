#!/usr/bin/env node
import { failureOf } from './failure.js';
import { createProgram } from './program.js';

process.setSourceMapsEnabled(true);
// A reader that has enough (`| head`) closes the pipe: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

try {
  await createProgram().parseAsync();
} catch (error) {
  const { exitCode, words } = failureOf(error);
  if (words !== undefined) process.stderr.write(`error: ${words}\n`);
  process.exitCode = exitCode;
}
