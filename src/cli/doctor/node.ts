import { type Check, type Finding, fail, ok, warn } from './check.js';

/** Of package.json's `engines`. */
const OLDEST = [20, 19] as const;

export const nodeCheck = {
  name: 'Node.js',
  look(): Finding {
    const { node } = process.versions;
    const [major = 0, minor = 0] = node.split('.').map(Number);
    if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]))
      return fail(node, `Install Node.js ${OLDEST.join('.')} or newer: https://nodejs.org`);
    const isOdd = major % 2 === 1;
    return isOdd ? warn(node, 'Odd versions are maintained for half a year: install an even one.') : ok(node);
  },
} satisfies Check;
