import { lockFolder } from '../../../src/db/folder-lock.js';

await lockFolder(process.argv[2] ?? '');
console.log('held');
setInterval(() => undefined, 1_000);
