/**
 * A contract with all its live versions, made ready to check events. The newest is one quick yes (fits.ts); an older one
 * is checked against its own schema and then upgraded, step by step, to the newest. Made by check.ts once per contract.
 */
import * as z from "zod";
import { contextSchema } from "#contracts/event";
import type { EventContract, PreviousVersion } from "#contracts/events/contract";
import { type Fits, fitsOf } from "./fits.ts";
import { type Issue, issuesOf } from "./issues.ts";

/** Properties and context of an event; as sent, or as checked. */
export interface Body<T = unknown> {
  properties: T;
  context: T;
}
type Fields = Record<string, unknown>;

export type Fitting =
  | {
      ok: true;
      /** As the newest version has them. Every field that it names is as it says; there may be others. */
      body: Body<Fields>;
      /** What was sent, under the newest version's names: to say which fields no contract names. */
      given: Body;
    }
  | { ok: false; issues: Issue[] };

interface Version {
  schema: z.ZodType<Body<Fields>>;
  fits: Fits;
}

export interface CompiledContract {
  newest: string;
  /** All versions that a sender may name, the newest first. */
  versions: readonly string[];
  /** Check what was sent. @param version one of `versions` */
  check(sent: Body, version: string): Fitting;
}

/** Compile a contract. An older version is compiled when the first event of it comes. */
export function compileContract(contract: EventContract): CompiledContract {
  const newest = compileVersion(contract.properties);
  const previous = contract.previous ?? [];
  const older = new Map<string, Version>();
  return {
    newest: contract.version,
    versions: [contract.version, ...previous.map(({ version }) => version).reverse()],
    check(sent, version) {
      if (version === contract.version) return checkVersion(newest, sent);
      const at = previous.findIndex((one) => one.version === version);
      const from = previous[at];
      if (!from) throw new Error(`${contract.name} has no version ${version}`);
      let compiled = older.get(version);
      if (!compiled) {
        compiled = compileVersion(from.properties);
        older.set(version, compiled);
      }
      return checkOlder(compiled, newest, previous.slice(at), sent);
    },
  };
}

function compileVersion(properties: z.ZodObject): Version {
  const schema = z.object({ properties, context: contextSchema() });
  return { schema, fits: fitsOf(schema) };
}

function checkVersion({ schema, fits }: Version, sent: Body): Fitting {
  // What fits are objects with fields of the right types.
  if (fits(sent)) return { ok: true, body: sent as Body<Fields>, given: sent };
  const parsed = schema.safeParse(sent);
  return parsed.success
    ? { ok: true, body: parsed.data, given: sent }
    : { ok: false, issues: issuesOf(parsed.error) };
}

/**
 * zod reads what an older version's sender sent, because it leaves out what that version does not name: a field that
 * only means something since must not be taken for it.
 */
function checkOlder(from: Version, newest: Version, steps: readonly PreviousVersion[], sent: Body): Fitting {
  const parsed = from.schema.safeParse(sent);
  if (!parsed.success) return { ok: false, issues: issuesOf(parsed.error) };
  const { properties, context } = parsed.data;
  const upgraded = steps.reduce((fields, step) => step.upgrade?.(fields) ?? fields, properties);
  const checked = checkVersion(newest, { properties: upgraded, context });
  if (!checked.ok) return checked;
  return {
    ...checked,
    given: { properties: { ...unnamed(sent.properties, properties), ...upgraded }, context: sent.context },
  };
}

/** The fields of what was sent that are not among the known. */
function unnamed(sent: unknown, known: Fields): Fields {
  // An event whose properties are no object does not come this far.
  return Object.fromEntries(Object.entries(sent as Fields).filter(([key]) => !Object.hasOwn(known, key)));
}
