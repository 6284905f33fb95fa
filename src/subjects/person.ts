/**
 * The first steps of every request: whose identifiers are asked about, and, before they are erased, under which values
 * vendors know the person. What is opened is sealed again at once, under the request's own key.
 */
import { chunksOf } from "#identity/chunks";
import { requireErasures } from "#identity/erasures";
import { type IdentifierRow, isProvenPerson, isScoped } from "#identity/graph";
import { normaliseIdentifier } from "#identity/normalise";
import { readGraph } from "#identity/store";
import { findSubjects } from "#identity/subject";
import { goldenTraits, subjectKeys } from "#ingest/traits";
import type { Keyring } from "#privacy/keys";
import { knownKeys } from "#privacy/lookup";
import { knownIdentities } from "./body.ts";
import { openRequest, withPayload } from "./payload.ts";
import type { Payload, SubjectRequest } from "./request.ts";
import type { Step, StepDeps } from "./step.ts";

/** All identifiers of the person or the device, and since when anything is known of them. */
export const find: Step = async ({ db, bucket, keys, clock }, request) => {
  // A database that was restored from an older copy has forgotten who was erased.
  await requireErasures(db, bucket, clock());
  const shows = request.type === "access" || request.type === "portability";
  const { subjects, whole } = await findSubjects(db, request.subjects, request.scope, !shows);
  const { known, since } = await firstSeen(db, subjects);
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
  db: D1Database,
  subjects: readonly string[],
): Promise<{ known: number; since: number }> {
  let known = 0;
  let since = Number.POSITIVE_INFINITY;
  for (const chunk of chunksOf(subjects)) {
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
  const { db, keys } = deps;
  const opened = await openRequest(db, keys, request);
  if (!opened) return { status: "failed", detail: "request_unreadable" };
  // A browser's cookie proves no person: what was claimed on it must not have somebody deleted elsewhere.
  const vendor =
    request.scope === "device"
      ? { emails: [], phones: [], userIds: [] }
      : await vendorPerson(deps, request, opened.payload);
  // Ids of the ledger's decisions are known by nothing else once it is erased, and a crash may come right after that.
  const decisions = await decisionsOf(db, request.subjects);
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

async function decisionsOf(db: D1Database, subjects: readonly string[]): Promise<string[]> {
  const statements = chunksOf(subjects).map((chunk) =>
    db
      .prepare("SELECT DISTINCT c.id FROM json_each(?1) s JOIN consents c ON c.subject = s.value")
      .bind(chunk),
  );
  const results = statements.length > 0 ? await db.batch<{ id: string }>(statements) : [];
  return results.flatMap(({ results: rows }) => rows.map(({ id }) => id));
}

type Vendor = NonNullable<Payload["vendor"]>;

async function vendorPerson(deps: StepDeps, request: SubjectRequest, payload: Payload): Promise<Vendor> {
  const emails = new Set(payload.vendor?.emails);
  const phones = new Set(payload.vendor?.phones);
  const userIds = new Set(payload.vendor?.userIds);
  for (const { namespace, value } of knownIdentities(payload.identities, normaliseIdentifier)) {
    if (namespace === "email") emails.add(value);
    else if (namespace === "phone") phones.add(value);
    else if (namespace === "user_id" || namespace === "customer_id") userIds.add(value);
  }
  for (const { row, traits } of await openTraits(deps.db, deps.keys, request.subjects)) {
    const own = async (namespace: "email" | "phone" | "customer_id", value: string | undefined) => {
      const normal = value === undefined ? undefined : normaliseIdentifier(namespace, value);
      if (normal === undefined) return undefined;
      const isProved = isProvenPerson(row.key) || (await isTheirs(deps.keys, request, namespace, normal));
      return isProved ? normal : undefined;
    };
    const [email, phone, id] = await Promise.all([
      own("email", traits.email),
      own("phone", traits.phone),
      own("customer_id", traits.customer_id),
    ]);
    if (email !== undefined) emails.add(email);
    if (phone !== undefined) phones.add(phone);
    if (id !== undefined) userIds.add(id);
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

/** Each row's traits, opened; rows without any are left out. */
export async function openTraits(
  db: D1Database,
  keys: Keyring,
  subjects: readonly string[],
): Promise<{ row: IdentifierRow; traits: Record<string, string> }[]> {
  const graph = await readGraph(db, subjects);
  const own = new Set(subjects);
  const opened = subjectKeys(graph.subjectKeys);
  const found: { row: IdentifierRow; traits: Record<string, string> }[] = [];
  for (const row of graph.rows.values()) {
    if (row.sealed === null || !own.has(row.key)) continue;
    const traits = await goldenTraits([row], keys, opened, false);
    const given = Object.entries(traits).filter((entry): entry is [string, string] => entry[1] !== undefined);
    if (given.length > 0) found.push({ row, traits: Object.fromEntries(given) });
  }
  return found.sort((a, b) => Number(isScoped(a.row.key)) - Number(isScoped(b.row.key)));
}
