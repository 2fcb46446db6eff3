/** `npm test`: installs what is missing, then runs Jest with the arguments that follow `--`. */
import { install, run } from './install.mjs';

await install();
const jest = ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js'];
process.exit(await run(process.execPath, [...jest, ...process.argv.slice(2)]));
