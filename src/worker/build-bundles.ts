import { writeFileSync } from 'node:fs';
import { type BundleKind, bundlePath, bundleWorkflows } from './bundle.js';

/** Part of a build: bundling at every start would cost each of them seconds. */
const KINDS: BundleKind[] = ['plain', 'sealed'];
for (const kind of KINDS) writeFileSync(bundlePath(kind), (await bundleWorkflows(kind)).code);
