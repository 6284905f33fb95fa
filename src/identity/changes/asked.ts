/** What an operator asks for, and what is known when it is planned. Shapes alone. */
import type { Link } from "../graph.ts";
import type { Partition } from "../partition.ts";
import type { Graph } from "../read.ts";
import type { IdentityRules } from "../rules.ts";
import type { ChangedLink } from "./links.ts";

export interface Merge {
  action: "merge";
  /** Any identifier of each profile; two or more. */
  keys: readonly string[];
  /** Also where an operator said that they are two people: that word is taken back. */
  liftApart?: boolean;
  /** Evidence that is revoked with it. */
  revoke?: readonly Link[];
}

export interface Split {
  action: "split";
  /** Identifiers of one profile; what none names stays with the first. */
  groups: readonly (readonly string[])[];
  /** Later evidence joins the groups no more. */
  keepApart: boolean;
}

export type Asked =
  | Merge
  | Split
  /** The value is nobody's: it joins nothing; and back. */
  | { action: "aside" | "unaside"; key: string }
  /** The first's profile never becomes one with any of the others' by itself. */
  | { action: "apart"; keys: readonly string[] };

/** Keys that the asked names. */
export const keysOf = (asked: Asked): string[] => {
  if ("key" in asked) return [asked.key];
  const own: readonly string[] = asked.action === "split" ? asked.groups.flat() : asked.keys;
  const revoked = asked.action === "merge" ? (asked.revoke ?? []).flatMap(({ a, b }) => [a, b]) : [];
  return [...new Set([...own, ...revoked])];
};

/** What a change is planned from. */
export interface Known {
  graph: Graph;
  rules: IdentityRules;
  /** Of the graph's links as they are. */
  parts: Partition;
  /** Epoch ms. */
  at: number;
}

export interface Plan {
  links: ChangedLink[];
  /** All links as they are after it. */
  all: Link[];
  after: Partition;
  /** Sentences for the operator. */
  warnings: string[];
}
