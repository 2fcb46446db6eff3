/**
 * Fails when package-lock.json lacks the packages of another platform: `npm ci` there would end with EUSAGE. It happens
 * when a native package was released for one platform first.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './install.mjs';

const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
const nameOf = (path) => path.replace(/^.*node_modules\//, '');
const present = new Set(Object.keys(packages).map(nameOf));
const holes = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
  Object.keys(optionalDependencies)
    .filter((name) => !present.has(name))
    .map((name) => `${nameOf(path)} needs ${name}`),
);
for (const hole of holes) console.error(hole);
process.exit(holes.length === 0 ? 0 : 1);
