/**
 * The rules of identity that hold under a release: what its `identity` says, and for all else the defaults. Compiled once
 * per release. The partition is a function of the links and of these.
 */
import type { IdentityDefinition } from "#contracts/definitions/identity";
import type { ReleaseDocument } from "#contracts/definitions/release";
import { namesPersonBy } from "./graph.ts";

export interface IdentityRules {
  /** Identifiers of one profile at most. */
  maxMembers: number;
  /** Whether two different values are two people. */
  isUnique(namespace: string): boolean;
  /** At most so many in one profile. */
  maxPerProfile(namespace: string): number;
  /** At most so many partners, of one namespace and by one kind of link, until the value is nobody's. */
  maxPartners(namespace: string): number;
  /** The largest of all `maxPartners`: so many links of a kind are read, and one more. */
  maxPartnersOfAny: number;
  /** Whether a match rule makes one profile of people by itself; else it proposes it. */
  mergesBy(namespace: string): boolean;
  /** Namespaces that name persons, the one that names them best first; those that are not listed come after. */
  priority: readonly string[];
}

/** Of the identifiers that match rules derive: `match-<rule>`. They name neither a person nor a device. */
const MATCH = "match-";

/** Whether a namespace, or the key of an identifier, is a match rule's. */
export const isMatch = (namespaceOrKey: string): boolean => namespaceOrKey.startsWith(MATCH);

/** The namespace of a rule's identifiers. */
export const matchNamespace = (rule: string): string => `${MATCH}${rule}`;

const PRIORITY = ["user_id", "customer_id", "login_id", "email", "phone", "crm_id"];
const UNIQUE = new Set(["user_id", "customer_id"]);
/** A person clears cookies; a library that makes a new id with every page does not make a person of thousands. */
const MAX_PARTNERS: Record<string, number> = { visitor_id: 500, anonymous_id: 500 };
const MAX_PARTNERS_OF_OTHERS = 50;
const MAX_PER_PROFILE: Record<string, number> = { email: 10, phone: 10, login_id: 10, crm_id: 10 };

/** What holds without rules of one's own. */
export const DEFAULT_RULES: IdentityRules = rulesOf({});

const compiled = new WeakMap<ReleaseDocument, IdentityRules>();

/** The rules of a release. */
export function identityRules(document: ReleaseDocument): IdentityRules {
  if (!document.identity) return DEFAULT_RULES;
  let rules = compiled.get(document);
  if (!rules) {
    rules = rulesOf(document.identity);
    compiled.set(document, rules);
  }
  return rules;
}

function rulesOf(definition: Partial<IdentityDefinition>): IdentityRules {
  const { namespaces = {}, priority = [], maxMembers = 50, match = {} } = definition;
  const own = Object.keys(namespaces).filter(namesPersonBy);
  const maxPartners = (namespace: string): number =>
    namespaces[namespace]?.maxPartners ?? MAX_PARTNERS[namespace] ?? MAX_PARTNERS_OF_OTHERS;
  return {
    maxMembers,
    isUnique: (namespace) => namespaces[namespace]?.unique ?? UNIQUE.has(namespace),
    maxPerProfile: (namespace) =>
      namespaces[namespace]?.maxPerProfile ?? MAX_PER_PROFILE[namespace] ?? maxMembers,
    maxPartners,
    maxPartnersOfAny: Math.max(
      ...[...Object.keys(namespaces), ...Object.keys(MAX_PARTNERS)].map(maxPartners),
    ),
    mergesBy: (namespace) => match[namespace.slice(MATCH.length)]?.action === "merge",
    priority: [...new Set([...priority.filter(namesPersonBy), ...PRIORITY, ...own])],
  };
}
