/**
 * IP addresses, read in all their spellings and cut so that they name a network and nobody in it. Pure; called by the
 * door, where a release's policy keeps addresses at all (`minimise.ip`), and by door/address.ts, which counts requests.
 */

/** Octets, or groups of 16 bits. */
export type Address = { v4: readonly number[] } | { v6: readonly number[] };

const V4 = /^(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}$/;
const V4_WITH_PORT = /^([\d.]+):\d{1,5}$/;
const BRACKETED = /^\[([^\]]*)\](?::\d{1,5})?$/;
const MAX_CHARS = 64;

/**
 * Read an address: with or without brackets, port and zone, of any case. An IPv4 address within an IPv6 one
 * (`::ffff:203.0.113.7`, `::ffff:cb00:7107`) is that IPv4 address. Octets with leading zeros are refused, since some
 * read them as octal numbers.
 */
export function readAddress(text: string): Address | undefined {
  if (text.length > MAX_CHARS) return undefined;
  const bare = withoutPort(text.trim());
  const v4 = octetsOf(bare);
  if (v4) return { v4 };
  const v6 = groupsOf(bare.split("%", 1)[0] ?? "");
  if (!v6) return undefined;
  const [, , , , , marker, high = 0, low = 0] = v6;
  const isMapped = marker === 0xffff && v6.slice(0, 5).every((group) => group === 0);
  return isMapped ? { v4: [high >> 8, high & 255, low >> 8, low & 255] } : { v6 };
}

/**
 * The network of an address, as text: `203.0.113.7` → `203.0.113.0`, `2001:db8:1:2::7` → `2001:db8:1::` (the last octet
 * of IPv4, the last 80 bits of IPv6 are gone). Undefined for what is no address.
 */
export function truncateAddress(text: string): string | undefined {
  const address = readAddress(text);
  if (!address) return undefined;
  if ("v4" in address) return `${address.v4.slice(0, 3).join(".")}.0`;
  const [first = 0, second = 0, third = 0] = address.v6;
  // 6to4 has the whole IPv4 address in these 48 bits (RFC 3056); NAT64 and Teredo have it in those that go.
  const kept = [first, second, first === 0x2002 ? third & 0xff00 : third];
  while (kept.at(-1) === 0) kept.pop();
  return `${kept.map((group) => group.toString(16)).join(":")}::`;
}

function withoutPort(text: string): string {
  const inner = BRACKETED.exec(text)?.[1];
  return inner ?? V4_WITH_PORT.exec(text)?.[1] ?? text;
}

function octetsOf(text: string): number[] | undefined {
  if (!V4.test(text)) return undefined;
  const octets = text.split(".").map(Number);
  return octets.every((octet) => octet <= 255) ? octets : undefined;
}

/** The eight groups of an IPv6 address; the last two may be written as an IPv4 address. */
function groupsOf(text: string): number[] | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half) => (half === "" ? [] : half.split(":")));
  if (!head) return undefined;
  const last = (tail ?? head).pop();
  const end = last === undefined ? [] : endOf(last);
  const before = head.map(groupOf);
  const after = [...(tail?.map(groupOf) ?? []), ...end];
  // `::` stands for at least one group.
  if (tail && before.length + after.length > 7) return undefined;
  const all = tail ? before.concat(zeros(8 - before.length - after.length), after) : before.concat(end);
  return all.length === 8 && all.every((group) => group >= 0) ? all : undefined;
}

const zeros = (count: number): number[] => Array<number>(Math.max(0, count)).fill(0);

/** An IPv4 address is two groups. */
function endOf(text: string): number[] {
  const octets = octetsOf(text);
  if (!octets) return [groupOf(text)];
  const [a = 0, b = 0, c = 0, d = 0] = octets;
  return [(a << 8) | b, (c << 8) | d];
}

/** -1 for what is no group. */
const groupOf = (text: string): number => (/^[\da-f]{1,4}$/i.test(text) ? Number.parseInt(text, 16) : -1);
