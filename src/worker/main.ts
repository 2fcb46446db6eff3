import { runProgram } from '../process/program.js';
import { startWorkers } from './start.js';

/** Workers beside an API in another process. */
await runProgram({ startWorkers });
