import ipaddr from 'ipaddr.js';

/**
 * Returns a caller's IPv4 address, the /64 prefix of its IPv6 address, or `unknown` for an invalid address. Several
 * callers may share one address or prefix.
 */
export function callerOf(sourceIp: string): string {
  if (!ipaddr.isValid(sourceIp)) return 'unknown';
  const address = ipaddr.process(sourceIp);
  if (address.kind() === 'ipv4') return address.toString();
  const [site] = ipaddr.IPv6.networkAddressFromCIDR(`${address.toNormalizedString()}/64`).toRFC5952String().split('/');
  return `${site}/64`;
}
