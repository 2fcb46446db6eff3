import { runProgram } from '../process/program.js';
import { startApi } from './start.js';

/** The API beside workers in other processes. */
await runProgram({ startApi });
