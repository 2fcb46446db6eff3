import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  type BundlerPlugin,
  bundleWorkflowCode,
  DefaultLogger,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import type { Config } from '../config.js';
import { FAILURE_CONVERTER_PATH } from '../engine/data-converter.js';

/** Encrypted failures need another bundle: the converter of failures is part of it. */
export type BundleKind = 'plain' | 'sealed';

const pathOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));
/** Where a build leaves the bundle, beside this file. */
export const bundlePath = (kind: BundleKind) => pathOf(`./workflows-${kind}.bundle.js`);

/** Bundles the workflows; takes some seconds. */
export async function bundleWorkflows(
  kind: BundleKind,
  plugins: BundlerPlugin[] = [],
): Promise<{ code: string }> {
  const workflowsPath = [pathOf('../workflows/index.js'), pathOf('../workflows/index.ts')].find(existsSync);
  if (workflowsPath === undefined) throw new Error('the workflows to bundle are missing');
  return bundleWorkflowCode({
    workflowsPath,
    logger: new DefaultLogger('ERROR'),
    plugins,
    ...(kind === 'sealed' ? { failureConverterPath: FAILURE_CONVERTER_PATH } : {}),
  });
}

/** The bundle for this configuration: as the build left it, else made now. */
export async function workflowBundle(
  { PAYLOAD_KEYS }: Pick<Config, 'PAYLOAD_KEYS'>,
  plugins: BundlerPlugin[],
): Promise<WorkflowBundleOption> {
  const kind = PAYLOAD_KEYS.length > 0 ? 'sealed' : 'plain';
  // Tracing has interceptors inside the workflows: a bundle of its own.
  if (plugins.length > 0) return bundleWorkflows(kind, plugins);
  return existsSync(bundlePath(kind)) ? { codePath: bundlePath(kind) } : bundleWorkflows(kind);
}
