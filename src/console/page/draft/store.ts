/**
 * The draft that this browser works on: what the pages of segments, offers, content and slots read, and where each of
 * their forms saves its one definition. Without a draft they show the stable release, and the first change begins one.
 * Two people may work in one draft; who saves what somebody else has changed meanwhile is told, and loses nothing.
 */
import type { ReleaseInput } from "#contracts/definitions/release";
import { type Answer, call } from "../api.ts";

export interface DraftHead {
  name: string;
  /** Version that it began with. */
  base: number;
  revision: number;
  author: string;
  updated_at: string;
  note: string;
}

export interface Draft extends DraftHead {
  /** May be wrong anywhere: it is work in progress. */
  document: Partial<ReleaseInput>;
}

/** Kinds of definitions that have keys. */
export type Kind = "features" | "segments" | "lists" | "slots" | "offers" | "content" | "cms";

export type Saved =
  | { ok: true }
  /** @param theirs what somebody else has made of it meanwhile */
  | { ok: false; detail: string; conflict?: { theirs: unknown } };

/** What is shown, and whether it is a draft's. */
export interface Shown {
  document: Partial<ReleaseInput>;
  /** Undefined: the stable release is shown. */
  draft: Draft | undefined;
  /** The stable version. */
  stable: number;
}

const REMEMBERED = "doorstep.draft";
/** The name of a draft that nobody has named. */
const UNNAMED = "changes";

let shown: Shown | undefined;
const listeners = new Set<() => void>();

/** What is shown now; undefined before `openShown` has read it. */
export const current = (): Shown | undefined => shown;

/** The definitions of one kind, as they are shown now. */
export const definitions = <K extends Kind>(kind: K): NonNullable<ReleaseInput[K]> =>
  (shown?.document[kind] ?? {}) as NonNullable<ReleaseInput[K]>; // Every kind is a record, and may be left out.

/** Be told of every change of what is shown. @returns stops it */
export function onShown(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** Read the remembered draft, or the stable release. @returns what went wrong, in words */
export async function openShown(): Promise<string | undefined> {
  const [name, active] = [sessionStorage.getItem(REMEMBERED), await call<Active>("GET", "releases/active")];
  if (active.status !== "ok") return wordsOf(active);
  if (name !== null) {
    const found = await call<Draft>("GET", `drafts/${name}`);
    if (found.status === "ok")
      return show({ draft: found.body, document: found.body.document, stable: active.body.version });
    if (found.status !== "problem" || found.httpStatus !== 404) return wordsOf(found);
    sessionStorage.removeItem(REMEMBERED); // Somebody published it, or threw it away.
  }
  return show({ draft: undefined, document: active.body.document, stable: active.body.version });
}

interface Active {
  version: number;
  document: ReleaseInput;
}

/** Work on this draft from now on. @param name null: on none, the stable release is shown */
export function choose(name: string | null): Promise<string | undefined> {
  if (name === null) sessionStorage.removeItem(REMEMBERED);
  else sessionStorage.setItem(REMEMBERED, name);
  return openShown();
}

/** Begin a draft of the stable release, and work on it; one of this name that exists is opened. */
export async function begin(name = UNNAMED): Promise<string | undefined> {
  const made = await call<Draft>("PUT", `drafts/${name}`, { revision: 0 });
  const isThere = made.status === "problem" && made.code === "draft_changed";
  return made.status === "ok" || isThere ? choose(name) : wordsOf(made);
}

/**
 * Save one definition; the first one begins a draft.
 * @param value undefined: remove it
 * @param was as it was when it was opened; undefined: it was not there
 */
export async function save(
  kind: Kind | "decisioning",
  key: string | null,
  value: unknown,
  was: unknown,
): Promise<Saved> {
  if (!shown?.draft) {
    const problem = await begin();
    if (problem !== undefined || !shown?.draft) return { ok: false, detail: problem ?? "There is no draft." };
  }
  const { draft, stable } = shown;
  const path = key === null ? kind : `${kind}.${key}`;
  const answer = await call<Draft>("PATCH", `drafts/${draft.name}`, {
    revision: draft.revision,
    ...(value === undefined ? { remove: [path] } : { set: { [path]: value } }),
    was: { [path]: was ?? null },
  });
  if (answer.status === "ok") {
    show({ draft: answer.body, document: answer.body.document, stable });
    return { ok: true };
  }
  if (answer.status === "problem" && answer.code === "draft_changed") {
    const theirs = await call<Draft>("GET", `drafts/${draft.name}`);
    if (theirs.status === "ok") {
      show({ draft: theirs.body, document: theirs.body.document, stable });
      const part = (theirs.body.document as Record<string, unknown>)[kind]; // The document has its kinds by name.
      const found = key === null ? part : (part as Record<string, unknown> | undefined)?.[key];
      return { ok: false, detail: answer.detail, conflict: { theirs: found } };
    }
  }
  return { ok: false, detail: wordsOf(answer) ?? "It was not saved." };
}

/** Remember what is shown, and tell who listens. */
function show(next: Shown): undefined {
  shown = next;
  for (const listener of listeners) listener();
}

function wordsOf(answer: Answer<unknown>): string | undefined {
  if (answer.status === "problem") return answer.detail;
  return answer.status === "offline" ? "The Worker does not answer." : undefined;
}
