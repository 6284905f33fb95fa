/**
 * What forbids a link to join: values that are nobody's, identifiers that an operator keeps apart, and the limits of a
 * profile. Kept while partition.ts applies the links; pure.
 */
import { isScoped, type Link, type LinkKind, namespaceOf, provenDeviceOf } from "./graph.ts";
import type { IdentityRules } from "./rules.ts";

/** Kinds of which a value may have too many. */
export const COUNTED: readonly LinkKind[] = ["proof", "rule", "device"];

export class Constraints {
  /** Values with too many partners. */
  readonly crowded = new Set<string>();
  readonly #rules: IdentityRules;
  /** Node → the smallest of those that count as the same value: versions of one, or merged by an operator's word. */
  readonly #same = new Map<string, string>();
  readonly #aside = new Set<string>();
  /** The same by what stands for each; made anew when that changes. */
  #asideSame: ReadonlySet<string> | undefined;
  /** Node → those that it is kept apart from. */
  readonly #apart = new Map<string, string[]>();
  /** `node~kind~namespace` of which a node has too many partners. */
  readonly #tooMany = new Set<string>();

  /** @param live all live links, in any order */
  constructor(live: readonly Link[], rules: IdentityRules) {
    this.#rules = rules;
    const partners = new Map<string, number>();
    for (const { a, b, kind } of live) {
      if (kind === "aside") this.#aside.add(a);
      else if (kind === "apart") {
        this.#apart.set(a, [...(this.#apart.get(a) ?? []), b]);
        this.#apart.set(b, [...(this.#apart.get(b) ?? []), a]);
      } else if (COUNTED.includes(kind)) {
        for (const [node, other] of [
          [a, b],
          [b, a],
        ] as const) {
          const namespace = namespaceOf(other);
          const name = `${node}~${kind}~${namespace}`;
          const count = (partners.get(name) ?? 0) + 1;
          partners.set(name, count);
          if (count <= rules.maxPartners(namespace)) continue;
          this.#tooMany.add(name);
          this.crowded.add(node);
        }
      }
    }
  }

  /** What stands for a node where values are compared: itself, or the smallest of those that count as the same. */
  sameAs(node: string): string {
    return this.#same.get(node) ?? node;
  }

  /** Why a link joins nothing, whatever is in the two profiles. */
  forbids({ a, b, kind }: Link): string | undefined {
    if (kind === "scope") return undefined;
    if (this.#aside.size > 0) {
      this.#asideSame ??= new Set([...this.#aside].map((node) => this.sameAs(node)));
      if (this.#asideSame.has(this.sameAs(a)) || this.#asideSame.has(this.sameAs(b))) return "set_aside";
    }
    const isCrowded =
      this.#tooMany.has(`${a}~${kind}~${namespaceOf(b)}`) ||
      this.#tooMany.has(`${b}~${kind}~${namespaceOf(a)}`);
    return isCrowded ? "too_many_partners" : undefined;
  }

  /** The device of a proof, where so many people were proved to use it that none of them counts any more. */
  crowdedDeviceOf(link: Link): string | undefined {
    const device = provenDeviceOf(link);
    const person = link.a === device ? link.b : link.a;
    return this.#tooMany.has(`${device}~proof~${namespaceOf(person)}`) ? device : undefined;
  }

  /** Why two groups cannot become one profile. An operator's word overrules what makes two values two people. */
  keepsApart(one: ReadonlySet<string>, other: ReadonlySet<string>, kind: LinkKind): string | undefined {
    if (this.#apart.size > 0)
      for (const node of one) if (this.#apart.get(node)?.some((each) => other.has(each))) return "kept_apart";
    if (one.size + other.size > this.#rules.maxMembers) return "profile_too_large";
    if (kind === "manual" || kind === "scope") return undefined;
    const values = new Map<string, Set<string>>();
    for (const group of [one, other]) {
      for (const node of group) {
        if (isScoped(node)) continue;
        const namespace = namespaceOf(node);
        const known = values.get(namespace);
        if (known) known.add(this.sameAs(node));
        else values.set(namespace, new Set([this.sameAs(node)]));
      }
    }
    // Of several the first by name, whichever way round the link was read.
    for (const namespace of [...values.keys()].sort()) {
      const size = values.get(namespace)?.size ?? 0;
      if (size > 1 && this.#rules.isUnique(namespace)) return `two_${namespace}s`;
      if (size > this.#rules.maxPerProfile(namespace)) return `too_many_${namespace}s`;
    }
    return undefined;
  }

  /** Two groups became one. Links that make values the same are the strongest, so that all of them come first. */
  joined(kind: LinkKind, group: ReadonlySet<string>): void {
    if (kind !== "version" && kind !== "manual") return;
    this.#asideSame = undefined;
    const first = new Map<string, string>();
    for (const node of [...group].sort()) {
      if (isScoped(node)) continue;
      // Versions are one value, whatever they are of. Merged by hand, values of one unique namespace are one person's.
      const namespace = namespaceOf(node);
      if (kind === "manual" && !this.#rules.isUnique(namespace)) continue;
      const known = first.get(namespace);
      if (known === undefined) first.set(namespace, this.sameAs(node));
      else this.#same.set(node, known);
    }
  }
}
