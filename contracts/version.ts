/** What every contract of the registry has in common: a name, semantic versions, and whether it is going out of use. */

/** A contract, or a version of one, that still works and should not be used any more. */
export interface Deprecation {
  /** The version of the contract that replaced it. */
  since: string;
  /** What to use instead, for a person. */
  use: string;
}

export interface Versioned {
  /** snake_case; one name is one contract, be it of an event or of an entity. */
  name: string;
  /** Semantic version; the published JSON Schema of a version never changes. */
  version: string;
  /** One sentence. */
  description: string;
  deprecated?: Deprecation;
}

/** -1, 0 or 1 as `a` is before, the same as or after `b`. Both are three numbers with dots. */
export function compareVersions(a: string, b: string): number {
  const left = a.split(".").map(Number);
  const right = b.split(".").map(Number);
  for (let place = 0; place < 3; place++) {
    const difference = (left[place] ?? 0) - (right[place] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return 0;
}
