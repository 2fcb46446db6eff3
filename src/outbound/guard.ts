import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Where outbound requests may go besides public addresses. */
export interface GuardOptions {
  /** Host names (whatever they resolve to), addresses and CIDR ranges. */
  allow: readonly string[];
  allowLoopback: boolean;
}

interface AllowList {
  hosts: Set<string>;
  ranges: [ipaddr.IPv4 | ipaddr.IPv6, number][];
}

const HOST_NAME = /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/;
const LOOPBACK_NAME = /(?:^|\.)localhost$/;
/** Names that no public resolver answers. */
const INSIDE_NAME = /(?:^|\.)(?:internal|intranet|local|localdomain|lan|corp|home|home\.arpa)$/;
/** Inside a cloud this public-looking address is the host of the virtual machine. */
const AZURE_HOST = '168.63.129.16';

const read = new WeakMap<readonly string[], AllowList>();

/** Whether an entry of the list is a host name, an address or a CIDR range. */
export const isAllowEntry = (entry: string): boolean =>
  ipaddr.isValidCIDR(entry) || isIP(bareHost(entry)) !== 0 || HOST_NAME.test(bareHost(entry));

/** Throws, naming the entry, when one is neither a host name, an address nor a CIDR range. */
export function readAllowList(allow: readonly string[]): AllowList {
  const known = read.get(allow);
  if (known) return known;
  const list: AllowList = { hosts: new Set(), ranges: [] };
  for (const entry of allow) {
    const name = bareHost(entry);
    if (ipaddr.isValidCIDR(entry)) list.ranges.push(ipaddr.parseCIDR(entry));
    else if (isIP(name)) list.ranges.push(rangeOf(ipaddr.process(name)));
    else if (isAllowEntry(entry)) list.hosts.add(name);
    else throw new Error(`"${entry}" is neither a host name, an address nor a CIDR range`);
  }
  read.set(allow, list);
  return list;
}

const rangeOf = (address: ipaddr.IPv4 | ipaddr.IPv6): [ipaddr.IPv4 | ipaddr.IPv6, number] => [
  address,
  address.kind() === 'ipv4' ? 32 : 128,
];

/** A host as names are compared: lower case, without the brackets of IPv6 or the dot of the root. */
export const bareHost = (host: string) =>
  host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');

/** Whether a request for `host` may connect to `address`, which may be `host` itself. */
export function isAddressAllowed(
  address: string,
  host: string,
  { allow, allowLoopback }: GuardOptions,
): boolean {
  const { hosts, ranges } = readAllowList(allow);
  if (!isIP(address)) return false;
  if (hosts.has(bareHost(host))) return true;
  // Maps ::ffff:10.0.0.1 to the IPv4 address that it is.
  const parsed = ipaddr.process(address);
  if (ranges.some(([base, bits]) => base.kind() === parsed.kind() && parsed.match(base, bits))) return true;
  if (parsed.range() === 'loopback') return allowLoopback;
  return isPublic(parsed);
}

function isPublic(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (address.range() !== 'unicast') return false;
  if (address instanceof ipaddr.IPv4) return address.toString() !== AZURE_HOST;
  // 2000::/3 is all that is routed; what embeds an IPv4 address elsewhere (::7f00:1) is not.
  return ((address.parts[0] ?? 0) & 0xe000) === 0x2000;
}

/**
 * Whether a URL can be seen, without asking a resolver, to lead to an address that is not allowed: an address in any
 * spelling, or a name that only exists inside. What passes is checked again for each connection.
 */
export function leadsInwards(url: string, options: GuardOptions): boolean {
  const host = bareHost(new URL(url).hostname);
  const { hosts, ranges } = readAllowList(options.allow);
  if (isIP(host)) return !isAddressAllowed(host, host, options);
  if (hosts.has(host)) return false;
  if (LOOPBACK_NAME.test(host)) return !isAddressAllowed('127.0.0.1', host, options);
  // With allowed ranges only a resolver knows whether such a name leads into one of them.
  if (ranges.length > 0) return false;
  return INSIDE_NAME.test(host) || (!host.includes('.') && !options.allowLoopback);
}
