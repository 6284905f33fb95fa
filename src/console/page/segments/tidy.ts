/**
 * A draft's document as the pages of segments read it: a draft may be wrong anywhere, and its defaults are not filled in.
 * What is no definition at all is left out here; the review of the draft says what is wrong with it. Pure.
 */
import type { ReleaseDocument, ReleaseInput } from "#contracts/definitions/release";
import { namesIn } from "#release/names-in";
import { attributesIn, usesOf } from "../../segments/uses.ts";

/** The kinds that these pages read. */
export type Tidy = Pick<
  ReleaseDocument,
  "features" | "segments" | "lists" | "offers" | "destinations" | "profile"
>;

export function tidy(document: Partial<ReleaseInput>): Tidy {
  const of = (kind: keyof Tidy, whole: (one: Record<string, unknown>) => unknown) =>
    Object.fromEntries(
      Object.entries(isObject(document[kind]) ? document[kind] : {}).flatMap(([name, one]) => {
        const made = isObject(one) ? whole(one) : undefined;
        return made === undefined ? [] : [[name, made]];
      }),
    );
  const { stages, score } = isObject(document.profile) ? document.profile : {};
  return {
    features: of("features", wholeFeature),
    segments: of("segments", (one) => ({
      purpose: "personalization",
      ...one,
      when: isObject(one.when) ? one.when : {},
    })),
    lists: of("lists", (one) => one),
    offers: of("offers", (one) => one),
    destinations: of("destinations", (one) => ({
      ...one,
      purposes: Array.isArray(one.purposes) ? one.purposes : [],
    })),
    profile: {
      stages: isObject(stages) ? stages : {},
      ...(isObject(score) && isObject(score.points) && { score }),
    },
    // What the pages read of it has been looked at.
  } as Tidy;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** With its defaults; undefined where it is of no kind that there is. */
function wholeFeature(one: Record<string, unknown>): unknown {
  const { window = "lifetime" } = one;
  if (typeof one.agg === "string" && typeof one.event === "string") return { ...one, window };
  if (Array.isArray(one.sequence))
    return {
      sequence: one.sequence.filter(isObject).map((step) => ({ absent: false, ...step })),
      window,
    };
  if (isObject(one.ratio) || isObject(one.affinity) || isObject(one.rfm)) return one;
  if (isObject(one.score) && isObject(one.score.points))
    return { score: { max: 100, step: 1, ...one.score } };
  return undefined;
}

/** What is new or other in the one, or gone from it. */
export type Mark = "new" | "changed" | "removed" | undefined;

/** @param now as it is shown @param published as the stable release has it */
export function markOf(now: unknown, published: unknown): Mark {
  if (published === undefined) return now === undefined ? undefined : "new";
  if (now === undefined) return "removed";
  return same(now, published) ? undefined : "changed";
}

/** The same but for the order of keys. */
function same(a: unknown, b: unknown): boolean {
  if (!isObject(a) || !isObject(b)) {
    if (Array.isArray(a) && Array.isArray(b))
      return a.length === b.length && a.every((one, n) => same(one, b[n]));
    return a === b;
  }
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => same(a[name], b[name]));
}

/** Who uses a definition: what to call them, and their names. */
export type Uses = readonly (readonly [kind: string, names: readonly string[]])[];

export function segmentUses(document: Tidy, name: string): Uses {
  const { offers, segments, destinations } = usesOf(document, name);
  return used([
    ["offers", offers],
    ["segments", segments],
    ["destinations", destinations],
  ]);
}

export const listUses = (document: Tidy, name: string): Uses =>
  used([
    ["segments", keysOf(document.segments, ({ when }) => namesIn(when, "lists").includes(name))],
    ["offers", keysOf(document.offers, ({ audience }) => namesIn(audience, "lists").includes(name))],
  ]);

export function featureUses(document: Tidy, name: string): Uses {
  const asks = (condition: unknown) => attributesIn(condition).has(name);
  const { stages = {}, score } = document.profile ?? {};
  return used([
    ["segments", keysOf(document.segments, ({ when }) => asks(when))],
    ["offers", keysOf(document.offers, (one) => asks(one.audience) || one.score?.split(".")[0] === name)],
    ["features", keysOf(document.features, (one) => partsOf(one).includes(name))],
    ["stages", keysOf(stages, asks)],
    ["destinations", keysOf(document.destinations, ({ when }) => asks(when))],
    ["profile", score && Object.hasOwn(score.points, name) ? ["score"] : []],
  ]);
}

const used = (uses: Uses): Uses => uses.filter(([, names]) => names.length > 0);

const keysOf = <T>(all: Record<string, T>, isOne: (one: T) => boolean): string[] =>
  Object.entries(all).flatMap(([key, one]) => (isOne(one) ? [key] : []));

/** Names of the features that one is made of. */
export function partsOf(feature: Tidy["features"][string]): string[] {
  if ("ratio" in feature) return Object.values(feature.ratio);
  if ("affinity" in feature) return [feature.affinity.of];
  if ("rfm" in feature) return Object.values(feature.rfm);
  return "score" in feature ? Object.keys(feature.score.points) : [];
}
