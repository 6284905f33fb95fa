/**
 * The queue of conflicts in the operator's API: what nobody but a person can settle, and settling it. Each conflict is
 * computed anew when it is shown, and one that is none any more is gone. Mounted by src/operator.ts.
 */
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type * as z from "zod";
import { Problem } from "#core/problem";
import { readBody } from "#core/read-body";
import { type ChangeDeps, makeChange, type Wanted } from "#identity/changes/apply";
import type { Known } from "#identity/changes/asked";
import {
  countOpen,
  dropConflicts,
  markConflicts,
  openPage,
  type Place,
} from "#identity/changes/conflicts-store";
import { membersOf } from "#identity/changes/known";
import { unjoinedOf } from "#identity/changes/preview";
import { askedOf, choicesFor, concernedBy, openConflicts, type Settlement } from "#identity/changes/queue";
import { readSafely } from "#identity/changes/settle";
import type { Conflict } from "#identity/conflicts";
import { type LinkKind, linkId } from "#identity/graph";
import { partition } from "#identity/partition";
import type { ActorRoutes } from "../routes.ts";
import { MAX_BODY_BYTES, settleSchema, tooLarge } from "./bodies.ts";
import { changeDeps, type IdentityRouteDeps, noteDone, noteShown, personsOf } from "./deps.ts";
import { type ConflictShown, profileShown, type ViewDeps } from "./view.ts";
import { explain } from "./words.ts";

const PAGE = 20;
/** What an operator let stand. */
const KEPT = "kept";
/** What would come again, though an operator has said enough. */
const ANSWERED = "answered";

type Named = { a: string; b: string; kind: LinkKind; as: Settlement };

/** The change that settles a conflict. */
export const settling = ({ a, b, kind, as }: Named): Wanted => ({
  keys: [a, b],
  asked: (known) => {
    if (as === "keep") throw new Problem(422, "cannot_settle_so", "What is kept as it is changes nothing.");
    return askedOf({ a, b, kind }, as, known);
  },
});

/** The routes, below `/admin/api`. */
export function conflictsRoutes(deps: IdentityRouteDeps): ActorRoutes {
  const app: ActorRoutes = new Hono();
  const { identity, clock } = deps;

  app.get("/identity/conflicts", async (c) => {
    const { reason, cursor } = c.req.query();
    const after = cursor === undefined ? undefined : readCursor(cursor);
    const page = await openPage(identity, { reason, after, limit: PAGE });
    const given = await changeDeps(deps);
    const known = await knownOf(
      page.flatMap(({ a, b }) => [a, b]),
      given,
    );
    const open = openConflicts(page, known);
    const gone = (answered: boolean) =>
      page.filter((one) => {
        const state = open.get(linkId(one));
        return state?.open === false && state.answered === answered;
      });
    await dropConflicts(identity, gone(false));
    await markConflicts(identity, gone(true), ANSWERED);
    const { cuts } = given;
    const { document } = given.release;
    const view = { graph: known.graph, keys: await deps.keys(), document, cuts, now: clock() };
    const listed = page.flatMap((one) => {
      const state = open.get(linkId(one));
      return state?.open ? [{ ...one, reason: state.reason }] : [];
    });
    const roots = listed.flatMap((one) =>
      concernedBy(one, known).map((key) => known.parts.rootOf.get(key) ?? key),
    );
    await noteShown(roots, c.get("actor"), deps);
    const conflicts = await Promise.all(listed.map((one) => shown(one, known, view)));
    const last = page.length === PAGE ? page.at(-1) : undefined;
    return c.json({ conflicts, reasons: await countOpen(identity), next: last ? cursorOf(last) : null });
  });

  app.post(
    "/identity/conflicts/settle",
    bodyLimit({ maxSize: MAX_BODY_BYTES, onError: tooLarge }),
    async (c) => {
      const body = await readBody(c, settleSchema);
      const { note, seen, as } = body;
      const actor = c.get("actor");
      const conflict = orderedEnds(body);
      if (as === "keep") {
        if ((await markConflicts(identity, [conflict], KEPT)) === 0) throw unknown();
        const detail = await personsOf([conflict.a, conflict.b], await deps.keys());
        await deps.audit({ at: clock(), actor, action: "identity.conflict_kept", target: "all", detail });
        return c.json({ settled: KEPT });
      }
      const id = deps.newId();
      const given = await changeDeps(deps);
      const planned = await makeChange(settling(body), { id, actor: actor.name, note, seen }, given);
      await markConflicts(identity, [conflict], id);
      await noteDone(planned, { id, actor, settles: as }, deps);
      return c.json({ settled: id, change: id });
    },
  );

  return app;
}

async function knownOf(keys: readonly string[], deps: ChangeDeps): Promise<Known> {
  const graph = await readSafely(deps.identity, keys, deps);
  const parts = partition(graph.rows.keys(), graph.links, deps.rules);
  return { graph, rules: deps.rules, parts, at: deps.clock() };
}

async function shown(conflict: Conflict, known: Known, view: ViewDeps): Promise<ConflictShown> {
  const { a, b, kind, reason, at } = conflict;
  const { parts, graph } = known;
  const profiles = concernedBy(conflict, known).map((key) => {
    const members = membersOf(key, parts);
    const part = { root: members[0] ?? key, members, conflicts: unjoinedOf(members, parts, graph.links) };
    return profileShown(part, parts, view);
  });
  return {
    a,
    b,
    kind,
    reason,
    explained: explain(reason),
    at: new Date(at).toISOString(),
    choices: [...choicesFor(reason)],
    profiles: await Promise.all(profiles),
  };
}

const unknown = (): Problem =>
  new Problem(404, "unknown_conflict", "There is no such conflict in the queue.");

const orderedEnds = ({ a, b, kind }: z.infer<typeof settleSchema>): Pick<Conflict, "a" | "b" | "kind"> =>
  a < b ? { a, b, kind } : { a: b, b: a, kind };

const cursorOf = ({ at, a, b, kind }: Place): string => JSON.stringify([at, a, b, kind]);

function readCursor(text: string): Place {
  try {
    const [at, a, b, kind] = JSON.parse(text) as unknown[];
    if (typeof at === "number" && typeof a === "string" && typeof b === "string" && typeof kind === "string")
      return { at, a, b, kind: kind as LinkKind }; // it is only compared
  } catch {
    // Said below.
  }
  throw new Problem(400, "invalid_cursor", "`cursor` must be the `next` of the page before.");
}
