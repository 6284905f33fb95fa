/**
 * What the identity tables have of a person, for an access request: identifiers, traits, features, segments, consents,
 * links with why, who may receive what, and what they were told. Of a browser alone no trait is given: whoever has its cookie need not be who
 * typed an address into it.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { ExportHead } from "#contracts/messages/subject_export";
import { PURPOSES } from "#contracts/taxonomy";
import { destinationType } from "#forward/destinations/registry";
import { type IdentifierRow, isScoped, type Link, linkId, namespaceOf } from "#identity/graph";
import { readLedgers } from "#identity/ledger";
import { readClosed } from "#identity/read";
import { grantedNow, identityState } from "#identity/state";
import { readTold } from "#ingest/changes/store";
import { listsOf } from "#ingest/profiles";
import { cutsOf } from "#segments/cuts";
import { type FactState, featureValues, mergeFacts } from "#segments/features";
import { historyOfSegments } from "#segments/history";
import { compileSegments, segmentsOf } from "#segments/membership";
import { profileAttributes } from "#segments/profile-attributes";
import { featuresFor, purposesInUse } from "#segments/purposes";
import type { Cuts } from "#segments/rfm";
import { openTraits } from "./person.ts";
import type { SubjectRequest } from "./request.ts";
import type { StepDeps } from "./step.ts";

const MAX_DECISIONS = 10_000;

/** @param now epoch ms */
export async function profileOf(
  deps: StepDeps,
  request: SubjectRequest,
  now: number,
): Promise<Omit<ExportHead, "held">> {
  const { identity, keys, tenant, document } = deps;
  const own = new Set(request.subjects);
  const graph = await readClosed(identity, request.subjects);
  const rows = [...graph.rows.values()]
    .filter(({ key }) => own.has(key))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const opened = request.scope === "person" ? await openTraits(identity, keys, request.subjects) : [];
  // Of what somebody typed into a browser of theirs, claiming to be another, nobody knows that it was not the other.
  const isTheirs = (key: string) => !isScoped(key) || own.has(key.slice(key.indexOf("|") + 1));
  const ledger = await readLedgers(identity, request.subjects, MAX_DECISIONS);
  const told = await readTold(identity, request.subjects.filter(isTheirs));
  return {
    format: "doorstep-access",
    version: 1,
    request: {
      subject_request_id: request.id,
      regulation: request.regulation,
      received_time: iso(request.receivedAt),
      made_time: iso(now),
      about: request.scope,
      controller_id: tenant,
    },
    identifiers: rows.map(({ key, seenAt }) => ({
      key,
      namespace: namespaceOf(key),
      claimed: isScoped(key),
      last_seen: seenAt > 0 ? iso(seenAt) : null,
    })),
    traits: opened
      .filter(({ key }) => isTheirs(key))
      .map(({ field, value, verified, key, source, at }) => ({
        field,
        value,
        proved: verified,
        identifier: key,
        ...(source !== "" && { source }),
        at: iso(at),
      })),
    ...derived(rows, graph.lists, document, await cutsOf(deps.kv, document, now), now),
    segment_history: historyOfSegments(rows).map(({ at, segment, change }) => ({
      at: iso(at),
      name: segment,
      change,
    })),
    lists: request.subjects.flatMap((identifier) =>
      (graph.lists.get(identifier) ?? []).map((name) => ({
        name,
        identifier,
        description: document.lists[name]?.description ?? "",
      })),
    ),
    consents: ledger.map(
      ({ subject, givenAt, id, granted, unsaid, regime, source, evidence, expiresAt }) => ({
        identifier: subject,
        at: iso(givenAt),
        receipt: id,
        purposes: Object.fromEntries(
          PURPOSES.map((p) => [
            p,
            granted.includes(p) ? "granted" : unsaid.includes(p) ? "default" : "denied",
          ]),
        ),
        regime,
        source,
        evidence,
        expires_at: expiresAt > 0 ? iso(expiresAt) : null,
      }),
    ),
    links: linksOf(
      graph.links.filter(({ a, b }) => own.has(a) || own.has(b)),
      own,
    ),
    recipients: recipientsOf(document),
    told: told.map(({ destination, told: { segments, stage, score, traits } }) => ({
      recipient: destination,
      segments: [...segments],
      stage,
      score,
      traits: Object.keys(traits),
    })),
  };
}

const iso = (ms: number): string => new Date(ms).toISOString();

/** Features and segments by purpose, as ingest computes them of the same facts. */
function derived(
  rows: readonly IdentifierRow[],
  known: Parameters<typeof listsOf>[1],
  document: ReleaseDocument,
  cuts: Cuts,
  now: number,
): Pick<ExportHead, "features" | "segments"> {
  const facts = mergeFacts(rows.map((row) => row.facts as FactState)); // written by foldEvent alone
  const state = identityState(
    rows.map(({ key }) => key),
    grantedNow(rows),
  );
  const lists = listsOf(rows, known, document);
  const features: ExportHead["features"] = [];
  const segments: ExportHead["segments"] = [];
  for (const purpose of purposesInUse(document)) {
    const values = featureValues(facts, featuresFor(document, purpose), now, cuts);
    for (const [name, value] of Object.entries(values)) features.push({ name, purpose, value });
    const attributes = profileAttributes(document, { values, state, lists: lists[purpose], purpose });
    const names = segmentsOf(attributes, compileSegments(document), [purpose]);
    for (const name of names)
      segments.push({ name, purpose, description: document.segments[name]?.description ?? "" });
  }
  return { features, segments };
}

const WHY: Record<Link["kind"], string> = {
  version: "One identifier, hashed with two keys of ours.",
  scope: "Kept with the device on which it was said.",
  proof: "A server, or a signed token, named both.",
  manual: "One of our staff said that both are the same person.",
  rule: "Servers told the same of both.",
  apart: "One of our staff said that these are two people.",
  aside: "One of our staff said that this identifies nobody.",
  device: "One browser sent both.",
  claim: "It was said on this device, and not proved.",
};

/** Each link once. The other end of one that leads to somebody else is not named. */
function linksOf(links: readonly Link[], own: ReadonlySet<string>): ExportHead["links"] {
  const each = new Map(links.map((link) => [linkId(link), link]));
  return [...each.values()].map(({ a, b, kind, at, source, state }) => ({
    between: [a, b].map((key) => (own.has(key) ? key : `${namespaceOf(key)} of another`)),
    why: WHY[kind],
    at: at > 0 ? iso(at) : null,
    source,
    state,
  }));
}

const recipientsOf = ({ destinations }: ReleaseDocument): ExportHead["recipients"] =>
  Object.entries(destinations).map(([name, { type, purposes, events }]) => ({
    name,
    what: destinationType(type)?.title ?? type,
    purposes: [...purposes],
    events: [...events],
  }));
