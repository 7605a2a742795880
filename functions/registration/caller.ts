import ipaddr from 'ipaddr.js';

/** Identifies a caller by its IPv4 address or by the /64 prefix of its IPv6 address, which others may share. */
export function callerOf(sourceIp: string): string {
  if (!ipaddr.isValid(sourceIp)) return 'unknown';
  const address = ipaddr.process(sourceIp);
  if (address.kind() === 'ipv4') return address.toString();
  const [site] = ipaddr.IPv6.networkAddressFromCIDR(`${address.toNormalizedString()}/64`).toRFC5952String().split('/');
  return `${site}/64`;
}
