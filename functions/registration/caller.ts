import ipaddr from 'ipaddr.js';

/** Who shares an address is one caller: an IPv4 address, or the /64 that an IPv6 site has for itself. */
export function callerOf(sourceIp: string): string {
  if (!ipaddr.isValid(sourceIp)) return 'unknown';
  const address = ipaddr.process(sourceIp);
  if (address.kind() === 'ipv4') return address.toString();
  const [site] = ipaddr.IPv6.networkAddressFromCIDR(`${address.toNormalizedString()}/64`).toRFC5952String().split('/');
  return `${site}/64`;
}
