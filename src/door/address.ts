/**
 * What counts as one address when requests are counted: an IPv4 address, or an IPv6 network of 64 bits, which is what one
 * household or server is given. Pure; called by rate.ts, which keeps a hash of the result and never the address.
 */
import { readAddress } from "#consent/address";

/** `2001:db8::7` → `2001:db8:0:0`; an IPv4 address, mapped or plain, → itself. */
export function countedAddress(ip: string): string {
  if (!ip.includes(":")) return ip;
  const address = readAddress(ip);
  if (!address) return ip;
  if ("v4" in address) return address.v4.join(".");
  return address.v6
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(":");
}
