import { startApi } from './api/start.js';
import { runProgram } from './process/program.js';
import { startWorkers } from './worker/start.js';

/** All of Mainspring in one process. */
await runProgram({ startApi, startWorkers });
