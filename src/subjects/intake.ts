/**
 * Taking a request in: one row and its key, or the one that is there already. A request that nobody has verified costs the
 * same few store operations whoever it is about, and there is room for so many of them and no more. Called by routes.ts
 * and admin-routes.ts.
 */
import type { StepResult, SubjectIdentity, Verification } from "#contracts/messages/subject_request";
import type { Regulation, SubjectRequestType } from "#contracts/taxonomy";
import { DAY_MS } from "#core/clock";
import { Problem } from "#core/problem";
import type { SubjectScope } from "#identity/subject";
import type { Keyring } from "#privacy/keys";
import { dueAt } from "./deadlines.ts";
import { openRequest, sealNew } from "./payload.ts";
import type { Payload, SubjectRequest } from "./request.ts";
import { countRequests, openRequestOf } from "./room-store.ts";
import { insertRequest, type NewRequest, readRequest } from "./store.ts";

/** Requests in one day by how they are verified, since each is work and a row; those of a server or an operator count nowhere. */
export const MAX_A_DAY: Partial<Record<Verification, number>> = {
  none: 500,
  browser: 500,
  identity_token: 2_000,
};
/** Requests that wait for an operator at one time. */
export const MAX_PENDING = 5_000;

/** A request that is to be taken in. */
export interface Intake {
  id: string;
  type: SubjectRequestType;
  regulation: Regulation;
  verification: Verification;
  verifiedBy: string | null;
  scope: SubjectScope;
  /** Makes `made_by`. */
  madeBy: string;
  /** Whether the request that has this id is theirs. */
  isTheirs(madeBy: string): Promise<boolean>;
  /** Keys of the identities, under all versions. */
  subjects: readonly string[];
  identities: readonly SubjectIdentity[];
  callbacks: readonly string[];
  submitted: string;
  base: string;
  /** An operator makes it: the bounds for the public do not hold. */
  isTrusted?: boolean;
  steps?: readonly StepResult[];
}

export interface IntakeStores {
  db: D1Database;
  keys: Keyring;
}

/**
 * Take a request in. Sent again with the same body it is the same request.
 * @param now epoch ms
 * @throws Problem 409 `request_exists`, `already_requested`; 429 `too_many_requests_today`; 503 `too_many_pending`
 */
export async function takeRequest(
  intake: Intake,
  { db, keys }: IntakeStores,
  now: number,
): Promise<{ request: SubjectRequest; isNew: boolean }> {
  const known = await readRequest(db, intake.id);
  if (known) return { request: await sameRequest(known, intake, { db, keys }), isNew: false };
  await checkRoom(intake, db, now);
  const payload: Payload = {
    identities: [...intake.identities],
    callbacks: [...intake.callbacks],
    submitted: intake.submitted,
    base: intake.base,
  };
  const { sealed, wrapped } = await sealNew(keys, intake.id, payload);
  const request: NewRequest = {
    id: intake.id,
    type: intake.type,
    regulation: intake.regulation,
    status: intake.verification === "none" ? "pending" : "in_progress",
    verification: intake.verification,
    madeBy: intake.madeBy,
    verifiedBy: intake.verifiedBy,
    receivedAt: now,
    dueAt: dueAt(intake.regulation, now),
    extended: false,
    completedAt: null,
    scope: intake.scope,
    subjects: [...intake.subjects].sort(),
    identityTypes: [...new Set(intake.identities.map(({ identity_type }) => identity_type))].sort(),
    sealed,
    steps: [...(intake.steps ?? [])],
    cancelledReason: null,
    resultsUntil: null,
    alertedDay: null,
  };
  if (await insertRequest(db, request, wrapped)) return { request: { ...request, version: 1 }, isNew: true };
  const other = await readRequest(db, intake.id);
  if (!other) throw exists();
  return { request: await sameRequest(other, intake, { db, keys }), isNew: false };
}

/** The request that is there, where it is theirs and says the same. Whose it is otherwise is not told. */
async function sameRequest(
  known: SubjectRequest,
  intake: Intake,
  { db, keys }: IntakeStores,
): Promise<SubjectRequest> {
  const alike =
    known.type === intake.type &&
    known.regulation === intake.regulation &&
    known.scope === intake.scope &&
    (await intake.isTheirs(known.madeBy));
  if (!alike) throw exists();
  const opened = await openRequest(db, keys, known);
  // Of one that has ended nothing is left to compare but this.
  if (!opened || opened.payload.submitted === "") return known;
  const { identities, callbacks, submitted } = opened.payload;
  const said = [identities, callbacks, submitted];
  if (JSON.stringify(said) !== JSON.stringify([intake.identities, intake.callbacks, intake.submitted]))
    throw exists();
  return known;
}

const exists = (): Problem =>
  new Problem(
    409,
    "request_exists",
    "There is another request of this subject_request_id. Make a new UUID for a new request.",
  );

async function checkRoom(intake: Intake, db: D1Database, now: number): Promise<void> {
  const { verification, type, subjects } = intake;
  const max = intake.isTrusted ? undefined : MAX_A_DAY[verification];
  if (max === undefined) return;
  const midnight = now - (now % DAY_MS);
  const counted = await countRequests(db, verification, midnight, { made: max, pending: MAX_PENDING });
  if (counted.made >= max) {
    throw new Problem(
      429,
      "too_many_requests_today",
      "So many requests of this kind have come in today that no more are taken. Try again tomorrow, or write to us: the law's deadline begins with your letter.",
      { "retry-after": String(Math.ceil((midnight + DAY_MS - now) / 1_000)) },
    );
  }
  if (verification === "none") {
    if (counted.pending >= MAX_PENDING) {
      throw new Problem(
        503,
        "too_many_pending",
        "Too many requests wait to be verified, so that no more are taken here now. Write to us: the law's deadline begins with your letter.",
        { "retry-after": "86400" },
      );
    }
    return;
  }
  const open = await openRequestOf(db, type, subjects);
  if (open === undefined) return;
  throw new Problem(
    409,
    "already_requested",
    "A request of this type is being worked on for you already. Ask for its status instead.",
  );
}
