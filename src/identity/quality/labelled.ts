/**
 * Labelled people as somebody sends them, looked up and compared with the profiles. Nothing of it is kept: values are
 * hashed here, and only labels come back. Called by src/console/identity/quality-routes.ts.
 */
import * as z from "zod";
import { CUSTOM_NAMESPACE } from "#contracts/namespaces";
import { IDENTIFIER_NAMESPACES, type IdentifierNamespace } from "#contracts/taxonomy";
import { Problem } from "#core/problem";
import type { Keyring } from "#privacy/keys";
import { knownKeys } from "#privacy/lookup";
import type { IdentityShards } from "../shards.ts";
import { type Evaluation, evaluate } from "./evaluate.ts";
import { rootsOf } from "./store.ts";

export const MAX_LABELLED = 10_000;

const namespace = z
  .string()
  .refine(
    (name): name is IdentifierNamespace =>
      (IDENTIFIER_NAMESPACES as readonly string[]).includes(name) || CUSTOM_NAMESPACE.test(name),
    "must be a namespace of identifiers",
  );
const personSchema = z.strictObject({
  label: z.string().min(1).max(100),
  identifiers: z
    .array(z.strictObject({ namespace, value: z.string().min(1).max(512) }))
    .min(1)
    .max(MAX_LABELLED),
});
export const labelledSchema = z.strictObject({ people: z.array(personSchema).min(1).max(MAX_LABELLED) });
export type Labelled = z.infer<typeof labelledSchema>;

/** The normal form of a value, or undefined where it identifies nobody. */
export type Normalise = (namespace: IdentifierNamespace, value: string) => Promise<string | undefined>;

const FORM =
  'Send `{"people": [{"label": …, "identifiers": [{"namespace": …, "value": …}]}]}`, or one such person on each line.';

/**
 * One JSON document, or a person on each line.
 * @throws Problem 400 `invalid_json`, 422 `invalid_labelled_data`: which names the place, and no value
 */
export function readLabelled(text: string): Labelled {
  const whole = parsed(text);
  const isPerson = typeof whole === "object" && whole !== null && "label" in whole;
  const value =
    whole === undefined || isPerson
      ? {
          people: text
            .split("\n")
            .filter((line) => line.trim() !== "")
            .map(lineOf),
        }
      : whole;
  const result = labelledSchema.safeParse(value);
  if (!result.success) {
    const { path = [], message = "" } = result.error.issues[0] ?? {};
    throw new Problem(422, "invalid_labelled_data", `\`${path.join(".")}\`: ${message}. ${FORM}`);
  }
  const { people } = result.data;
  const count = people.reduce((sum, person) => sum + person.identifiers.length, 0);
  if (count > MAX_LABELLED)
    throw new Problem(
      422,
      "invalid_labelled_data",
      `These are ${count} identifiers; send ${MAX_LABELLED} at most.`,
    );
  return result.data;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function lineOf(line: string, at: number): unknown {
  const value = parsed(line);
  if (value === undefined) throw new Problem(400, "invalid_json", `Line ${at + 1} is not JSON. ${FORM}`);
  return value;
}

/** Look all identifiers up, under all versions of the look-up key, and compare. */
export async function evaluateLabelled(
  { people }: Labelled,
  identity: IdentityShards,
  keys: Keyring,
  normalise: Normalise,
): Promise<Evaluation> {
  const byLabel = new Map<string, Map<string, string[]>>();
  for (const { label, identifiers } of people) {
    const own = byLabel.get(label) ?? new Map<string, string[]>();
    byLabel.set(label, own);
    for (const one of identifiers) {
      const normal = await normalise(one.namespace, one.value);
      // What is none is as unknown as what nobody has sent; the same one twice is one.
      const name = `${one.namespace}:${normal ?? `(none) ${one.value}`}`;
      if (own.has(name)) continue;
      own.set(name, normal === undefined ? [] : await knownKeys(keys, one.namespace, normal));
    }
  }
  const looked = [...byLabel].map(([label, own]) => ({ label, keys: [...own.values()] }));
  const roots = await rootsOf(identity, [...new Set(looked.flatMap((person) => person.keys.flat()))]);
  return evaluate(
    looked.map((person) => ({
      label: person.label,
      roots: person.keys.map((versions) => versions.map((key) => roots.get(key)).find(Boolean)),
    })),
  );
}
