import { runProgram } from '../process/program.js';
import { startWorkersAlone } from './start-alone.js';

/** Workers beside an API in another process. */
await runProgram({ startWorkers: startWorkersAlone });
