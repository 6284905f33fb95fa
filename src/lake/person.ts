/**
 * Whether something is about the person of a subject request, as the sweeps over landing files, quarantine and dead
 * letters ask it: by the identifier keys that it names, and by the decisions on consent that it rests on. Pure.
 */

/** A person, by all that is known to name them. */
export interface Person {
  /** Their identifier keys, sorted. */
  keys: readonly string[];
  /** Whether an identifier key is theirs, or one of their identifiers' under a claim: `visitor_id:…|email:…`. */
  is(key: unknown): boolean;
  /** Whether one of their keys stands anywhere in a text, whatever the text is. */
  isIn(text: string): boolean;
  /** Whether a consent receipt names a decision that is theirs alone. */
  decided(receipt: unknown): boolean;
  /** Whether any such decision is known. */
  hasDecided: boolean;
}

/**
 * @param subjects identifier keys
 * @param decisions ids of the person's decisions in the ledger. Only what our own consent page or API recorded has an id of
 *   its own; a string's fingerprint or a statement may be many persons', and ties nothing
 */
export function personOf(subjects: Iterable<string>, decisions: Iterable<string> = []): Person {
  const known = new Set(subjects);
  const is = (key: unknown): boolean => {
    if (typeof key !== "string") return false;
    if (known.has(key)) return true;
    const bar = key.indexOf("|");
    return bar >= 0 && (known.has(key.slice(0, bar)) || known.has(key.slice(bar + 1)));
  };
  // Of `a|b` nothing need be searched where `a` or `b` is searched anyway.
  const needles = [...known].filter(
    (key) => !key.includes("|") || !key.split("|").some((part) => known.has(part)),
  );
  const isKnown = new Set(needles);
  const others = needles.filter((key) => !WHOLE_KEY.test(key));
  const own = new Set([...decisions].flatMap((id) => decisionOf(id) ?? []));
  return {
    keys: [...known].sort(),
    is,
    // Anybody can claim to be a person on thousands of browsers: the text is gone through once, not once for each key.
    isIn: (text) =>
      needles.length <= FEW
        ? needles.some((key) => names(text, key))
        : keysIn(text).some((key) => isKnown.has(key)) || others.some((key) => names(text, key)),
    decided: (receipt) => {
      const decision = typeof receipt === "string" ? decisionOf(receipt) : undefined;
      return decision !== undefined && own.has(decision);
    },
    hasDecided: own.size > 0,
  };
}

/** The visitor's own decision, which is the first of those that a receipt joins; other kinds are told by a `kind:`. */
function decisionOf(receipt: string): string | undefined {
  const [first = ""] = receipt.split("+", 1);
  return first === "" || first === "anonymous" || first.includes(":") ? undefined : first;
}

/** So many keys are searched for one by one. */
const FEW = 400;
/** An identifier key, `namespace:version.hash`. */
const KEY = /[a-z_]+:\d+\.[\w-]+/g;
const WHOLE_KEY = new RegExp(`^${KEY.source}$`);

const keysIn = (text: string) => text.matchAll(KEY).map(([key]) => key);

const GOES_ON = /[\w-]/;

/** Whether a text has the key, and not just a longer one that begins with it. */
function names(text: string, key: string): boolean {
  for (let at = text.indexOf(key); at >= 0; at = text.indexOf(key, at + 1))
    if (!GOES_ON.test(text.charAt(at + key.length))) return true;
  return false;
}
