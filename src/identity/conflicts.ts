/**
 * Which links an operator is asked to settle: those that somebody proved and that join nothing, since they would make one
 * person of two; and what rules propose. What a browser only claims is no conflict: it never joins. Pure.
 */
import { type Link, type LinkKind, linkId, namespaceOf } from "./graph.ts";
import type { Partition } from "./partition.ts";

export interface Conflict {
  /** The smaller key. */
  a: string;
  b: string;
  kind: LinkKind;
  /** Of partition.ts, or `proposal`. */
  reason: string;
  /** Epoch ms of the evidence. */
  at: number;
}

/** What an operator said themself is settled. */
const BY_OPERATORS = new Set(["kept_apart", "set_aside"]);

/** @param links all that the partition was made of @param isTouched whether something about the identifier is new */
export function conflictsOf(
  links: readonly Link[],
  partition: Partition,
  isTouched: (key: string) => boolean,
): Conflict[] {
  const conflicts: Conflict[] = [];
  const proposals = Map.groupBy(
    links.filter(({ kind, state }) => kind === "rule" && state === "pending"),
    (link) => matchEnd(link),
  );
  for (const link of links) {
    // Anybody can claim any number of devices.
    if (link.kind === "device" || (!isTouched(link.a) && !isTouched(link.b))) continue;
    const reason =
      link.kind === "rule" && link.state === "pending"
        ? proposes(proposals.get(matchEnd(link)) ?? [], partition)
        : partition.conflicted.get(linkId(link));
    if (reason === undefined || BY_OPERATORS.has(reason)) continue;
    const [a, b] = link.a < link.b ? [link.a, link.b] : [link.b, link.a];
    conflicts.push({ a, b, kind: link.kind, reason, at: link.at });
  }
  return conflicts;
}

const matchEnd = ({ a, b }: Link): string => (namespaceOf(a).startsWith("match-") ? a : b);

/** People of several profiles agree in what a rule compares. */
function proposes(links: readonly Link[], { rootOf }: Partition): string | undefined {
  const people = new Set(links.map((link) => (matchEnd(link) === link.a ? link.b : link.a)));
  return new Set([...people].map((key) => rootOf.get(key) ?? key)).size > 1 ? "proposal" : undefined;
}
