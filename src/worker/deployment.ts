import type { Client } from '@temporalio/client';
import type { WorkerOptions } from '@temporalio/worker';
import type { Config } from '../config.js';
import type { Log } from '../log.js';
import { QUEUES, type Queue } from '../messages/queues.js';

type Deployment = Pick<Config, 'WORKER_DEPLOYMENT_NAME' | 'WORKER_BUILD_ID'>;

/**
 * How the workers of a release take part in Worker Versioning. Everything that lives long goes on with the release that
 * is current, which can take over where another one was (test/replay sees to that). A task stays: an agent's code runs
 * again and again over the calls that it made, and must be the same to its end. The workflow cannot say so itself: what
 * it knows of its worker is what was so when it began, and workers of no deployment may not say it.
 */
export function deploymentOf(
  { WORKER_DEPLOYMENT_NAME: deploymentName, WORKER_BUILD_ID: buildId }: Deployment,
  queue: Queue,
): Pick<WorkerOptions, 'workerDeploymentOptions'> {
  if (deploymentName === undefined || buildId === undefined) return {};
  return {
    workerDeploymentOptions: {
      useWorkerVersioning: true,
      version: { deploymentName, buildId },
      defaultVersioningBehavior: queue === QUEUES.tasks ? 'PINNED' : 'AUTO_UPGRADE',
    },
  };
}

/** Whether some release of the deployment is current; one that the server does not know yet has none. */
async function hasCurrent({ workflowService, options }: Client, deploymentName: string): Promise<boolean> {
  try {
    const wish = { namespace: options.namespace, deploymentName };
    const { workerDeploymentInfo } = await workflowService.describeWorkerDeployment(wish);
    const { currentDeploymentVersion, currentVersion } = workerDeploymentInfo?.routingConfig ?? {};
    return Boolean(currentDeploymentVersion?.buildId ?? currentVersion?.includes('.'));
  } catch {
    return false;
  }
}

/** Until a release is made current, workers of a deployment take nothing: whoever starts the first one must know. */
export async function tellUnlessCurrent(
  client: Client,
  { WORKER_DEPLOYMENT_NAME: name, WORKER_BUILD_ID: build }: Deployment,
  log: Pick<Log, 'warn'>,
): Promise<void> {
  if (name === undefined || build === undefined || (await hasCurrent(client, name))) return;
  const where = `--namespace ${client.options.namespace} --deployment-name ${name} --build-id ${build}`;
  const command = `temporal worker deployment set-current-version ${where}`;
  log.warn(`Workers of the deployment ${name} take nothing until a release is current: ${command}`);
}
