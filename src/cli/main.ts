#!/usr/bin/env node
import { EXIT, failureOf } from './failure.js';
import { createProgram } from './program.js';

process.setSourceMapsEnabled(true);
// A reader that has enough (`| head`) closes the pipe: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(`error: the answer could not be written: ${error.message}\n`);
  process.exit(EXIT.failed);
});

try {
  await createProgram().parseAsync();
} catch (error) {
  const { exitCode, words } = failureOf(error);
  if (words !== undefined) process.stderr.write(`error: ${words}\n`);
  process.exitCode = exitCode;
}
