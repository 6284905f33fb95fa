/**
 * What counts as one address when requests are counted: an IPv4 address, or an IPv6 network of 64 bits, which is what one
 * household or server is given. Pure; called by rate.ts, which keeps a hash of the result and never the address.
 */

const MAPPED_V4 = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i;

/** `2001:db8::7` → `2001:db8:0:0`; an IPv4 address, mapped or plain, → itself. */
export function countedAddress(ip: string): string {
  const mapped = MAPPED_V4.exec(ip);
  if (mapped?.[1] !== undefined) return mapped[1];
  if (!ip.includes(":")) return ip;
  const [head = "", tail = ""] = ip.toLowerCase().split("::", 2);
  const before = head === "" ? [] : head.split(":");
  const after = ip.includes("::") && tail !== "" ? tail.split(":") : [];
  const zeros = ip.includes("::")
    ? Array<string>(Math.max(0, 8 - before.length - after.length)).fill("0")
    : [];
  return [...before, ...zeros, ...after]
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":");
}
