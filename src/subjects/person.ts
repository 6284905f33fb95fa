/**
 * The first steps of every request: whose identifiers are asked about, and, before they are erased, under which values
 * vendors know the person. What is opened is sealed again at once, under the request's own key.
 */
import { chunksOf } from "#identity/chunks";
import { requireErasures } from "#identity/erasures";
import { type HeldTrait, heldTraits } from "#identity/golden/record";
import { subjectKeys } from "#identity/golden/subject-keys";
import { isScoped } from "#identity/graph";
import { normaliseIdentifier } from "#identity/normalise";
import { readClosed } from "#identity/read";
import type { IdentityShards } from "#identity/shards";
import { findSubjects } from "#identity/subject";
import type { Keyring } from "#privacy/keys";
import { knownKeys } from "#privacy/lookup";
import { namespaceOf } from "./body.ts";
import { openRequest, withPayload } from "./payload.ts";
import type { Payload, SubjectRequest } from "./request.ts";
import type { Step, StepDeps } from "./step.ts";

/** All identifiers of the person or the device, and since when anything is known of them. */
export const find: Step = async ({ db, identity, bucket, keys, clock }, request) => {
  // A database that was restored from an older copy has forgotten who was erased.
  await requireErasures(identity, bucket, clock());
  const shows = request.type === "access" || request.type === "portability";
  const { subjects, whole } = await findSubjects(identity, request.subjects, request.scope, !shows);
  const { known, since } = await firstSeen(identity, subjects);
  return {
    status: "confirmed",
    counts: { identifiers: known },
    changes: async (now) => ({
      subjects: [...new Set([...now.subjects, ...subjects])].sort(),
      ...(await withPayload({ db, keys }, now, (payload) => ({
        ...payload,
        since: Math.min(payload.since ?? since, since),
        whole: [...new Set([...(payload.whole ?? []), ...whole])],
      }))),
    }),
  };
};

/** How many of the keys have a row, and the earliest first event of them; 0 where one does not know. */
async function firstSeen(
  identity: IdentityShards,
  subjects: readonly string[],
): Promise<{ known: number; since: number }> {
  let known = 0;
  let since = Number.POSITIVE_INFINITY;
  const groups = [...identity.group(subjects, (key) => key)];
  const chunks = groups.flatMap(([db, own]) => chunksOf(own).map((chunk) => ({ db, chunk })));
  for (const { db, chunk } of chunks) {
    const row = await db
      .prepare(
        `SELECT COUNT(*) AS known, MIN(COALESCE(i.first_at, 0)) AS since
         FROM json_each(?1) k JOIN identifiers i ON i.key = k.value WHERE i.suppressed = 0 AND i.seen_at > 0`,
      )
      .bind(chunk)
      .first<{ known: number; since: number | null }>();
    known += row?.known ?? 0;
    since = Math.min(since, row?.since ?? Number.POSITIVE_INFINITY);
  }
  return { known, since: Number.isFinite(since) ? since : 0 };
}

/** What vendors may know the person by: what the request names, and of the traits what is proved to be theirs. */
export const vendorIdentities: Step = async (deps, request) => {
  const { db, identity, keys } = deps;
  const opened = await openRequest(db, keys, request);
  if (!opened) return { status: "failed", detail: "request_unreadable" };
  // A browser's cookie proves no person: what was claimed on it must not have somebody deleted elsewhere.
  const vendor =
    request.scope === "device"
      ? { emails: [], phones: [], userIds: [] }
      : await vendorPerson(deps, request, opened.payload);
  // Ids of the ledger's decisions are known by nothing else once it is erased, and a crash may come right after that.
  const decisions = await decisionsOf(identity, request.subjects);
  return {
    status: "confirmed",
    counts: { values: vendor.emails.length + vendor.phones.length + vendor.userIds.length },
    changes: (now) =>
      withPayload({ db, keys }, now, (payload) => ({
        ...payload,
        vendor,
        decisions: [...new Set([...(payload.decisions ?? []), ...decisions])],
      })),
  };
};

async function decisionsOf(identity: IdentityShards, subjects: readonly string[]): Promise<string[]> {
  const ids = new Set<string>();
  for (const [db, own] of identity.group(subjects, (key) => key)) {
    const statements = chunksOf(own).map((chunk) =>
      db
        .prepare("SELECT DISTINCT c.id FROM json_each(?1) s JOIN consents c ON c.subject = s.value")
        .bind(chunk),
    );
    for (const { results } of await db.batch<{ id: string }>(statements))
      for (const { id } of results) ids.add(id);
  }
  return [...ids];
}

type Vendor = NonNullable<Payload["vendor"]>;

async function vendorPerson(deps: StepDeps, request: SubjectRequest, payload: Payload): Promise<Vendor> {
  const emails = new Set(payload.vendor?.emails);
  const phones = new Set(payload.vendor?.phones);
  const userIds = new Set(payload.vendor?.userIds);
  for (const { identity_type, identity_value } of payload.identities) {
    const namespace = namespaceOf(identity_type);
    // Read when the request came, maybe by another release's rules: what these no longer read is left out.
    const value = await normaliseIdentifier(namespace, identity_value, deps.document);
    if (value === undefined) continue;
    if (namespace === "email") emails.add(value);
    else if (namespace === "phone") phones.add(value);
    else if (namespace === "user_id" || namespace === "customer_id") userIds.add(value);
  }
  const found = { email: emails, phone: phones, customer_id: userIds };
  for (const { field, value, verified } of await openTraits(deps.identity, deps.keys, request.subjects)) {
    if (field !== "email" && field !== "phone" && field !== "customer_id") continue;
    const normal = await normaliseIdentifier(field, value, deps.document);
    if (normal === undefined) continue;
    if (verified || (await isTheirs(deps.keys, request, field, normal))) found[field].add(normal);
  }
  return { emails: [...emails], phones: [...phones], userIds: [...userIds] };
}

/** A device may claim any value: it is the person's where its own key is one of their identifiers. */
async function isTheirs(
  keys: Keyring,
  { subjects }: SubjectRequest,
  namespace: "email" | "phone" | "customer_id",
  value: string,
): Promise<boolean> {
  const known = await knownKeys(keys, namespace, value);
  return known.some((key) => subjects.includes(key));
}

/** Every trait that the subjects' rows hold, of each source, opened; what is proved first. */
export async function openTraits(
  identity: IdentityShards,
  keys: Keyring,
  subjects: readonly string[],
): Promise<HeldTrait[]> {
  const graph = await readClosed(identity, subjects);
  const own = new Set(subjects);
  const rows = [...graph.rows.values()].filter(({ key }) => own.has(key));
  const found = await heldTraits(rows, keys, subjectKeys(graph.subjectKeys));
  return found.sort((a, b) => Number(isScoped(a.key)) - Number(isScoped(b.key)));
}
