import type { DockerOptions } from 'dockerode';

const DEFAULT_SOCKET = '/var/run/docker.sock';
const DEFAULT_PORT = 2375;
/** By this one Docker is spoken to with TLS; its certificates are read where DOCKER_CERT_PATH says. */
const TLS_PORT = 2376;

/** Where a container runtime listens, as `DOCKER_HOST` says; null where that is no address. */
export function dockerAddress(host: string | undefined): DockerOptions | null {
  if (host === undefined) return onSocket(DEFAULT_SOCKET);
  if (host.startsWith('unix://')) return onSocket(host.slice('unix://'.length) || DEFAULT_SOCKET);
  if (!URL.canParse(host)) return null;
  const { protocol, hostname, port } = new URL(host);
  if (!/^(?:tcp|http|https):$/.test(protocol) || hostname === '') return null;
  const isTls = protocol === 'https:' || Number(port) === TLS_PORT;
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || (isTls ? TLS_PORT : DEFAULT_PORT),
    protocol: isTls ? 'https' : 'http',
  };
}

/** What the library makes of the environment by itself must not win. */
const onSocket = (socketPath: string) =>
  ({ socketPath, host: undefined, port: undefined, protocol: 'http' }) as const;
