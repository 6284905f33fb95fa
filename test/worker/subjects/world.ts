/** What tests of subject requests share: real stores with a person in them, requests of all kinds, and steps run one by one. */
import { env } from "cloudflare:workers";
import { releaseSchema } from "#contracts/definitions/release";
import { subjectIdentitySchema } from "#contracts/messages/subject_request";
import type { SubjectRequestType } from "#contracts/taxonomy";
import { normaliseIdentifier } from "#identity/normalise";
import { type IngestDeps, ingest } from "#ingest/ingest";
import { auditSigner } from "#privacy/audit/signer";
import { keyring } from "#privacy/keys";
import { knownKeys } from "#privacy/lookup";
import { knownIdentities } from "#subjects/body";
import type { FlowDeps } from "#subjects/flow";
import { type Intake, takeRequest } from "#subjects/intake";
import { CANCELLED_STEPS, stepNamed, stepsOf } from "#subjects/plan";
import type { SubjectRequest } from "#subjects/request";
import { runStep } from "#subjects/step";
import { readRequest } from "#subjects/store";
import { keysOf } from "#subjects/verify";
import { readSettings } from "../../../src/env.ts";
import { reach } from "../../setup/reach.ts";
import { accepted, envelope, IDENTITY, deps as ingestDeps, proven, RELEASE_1 } from "../ingest/envelopes.ts";
import { HOST, request } from "../product.ts";

const read = readSettings(env);
if (!read.ok) throw new Error(read.problems.join());
export const settings = read.settings;
export const keys = await keyring(settings);
export const signer = await auditSigner(settings);

/** What left for the outside. */
export interface Sent {
  url: string;
  headers: Headers;
  body: string;
}

/** Steps' dependencies; requests to the outside are kept in `sent`, and answered as `answer` says. */
export function stepDeps(
  sent: Sent[] = [],
  answer: (url: string) => number = () => 200,
  more: Partial<FlowDeps> = {},
): FlowDeps {
  return {
    identity: IDENTITY,
    db: env.IDENTITY_0,
    kv: env.EDGE,
    bucket: env.LAKE,
    liveTail: env.LIVE_TAIL,
    visitors: env.VISITOR,
    keys,
    signer,
    tenant: settings.TENANT,
    document: releaseSchema.parse({ ...RELEASE_1.document, destinations: {} }),
    secretOf: () => undefined,
    ...reach,
    fetch: async (url, init) => {
      sent.push({ url, headers: new Headers(init.headers), body: String(init.body) });
      return new Response(null, { status: answer(url) });
    },
    clock: () => Date.now(),
    allowInsecure: false,
    settleSeconds: 0,
    retryBaseSeconds: 1,
    ...more,
  };
}

/** Run all steps of a request one after the other, as the workflow does. @returns the request after it */
export async function workOffAll(id: string, deps: FlowDeps): Promise<SubjectRequest> {
  const first = await readRequest(deps.db, id);
  if (!first) throw new Error("there is no such request");
  const stages = first.status === "cancelled" ? CANCELLED_STEPS : stepsOf(first.type, deps.document);
  for (const name of stages.flat()) {
    for (let turn = 0; turn < 200; turn++) {
      const went = await runStep(deps, id, name, stepNamed(name));
      if (went.state === "ended") break;
      if (went.state === "wait") return (await readRequest(deps.db, id)) as SubjectRequest;
    }
  }
  return (await readRequest(deps.db, id)) as SubjectRequest;
}

/** Events of a person whom a server knows, ingested. @returns the identifier keys */
export async function personWith(
  email: string,
  names: readonly string[],
  more: Partial<IngestDeps> = {},
): Promise<string[]> {
  const known = await knownKeys(keys, "email", email);
  const events = names.map((name, index) =>
    accepted(`${email}-${index}`, name, known.slice(0, 1).map(proven), { order_id: `o-${index}`, value: 5 }),
  );
  await ingest([envelope(`x-${email}`, events)], await ingestDeps({ keys, ...more }));
  return known;
}

/** A body as OpenDSR has it. */
export const bodyOf = (
  type: SubjectRequestType,
  identities: readonly { identity_type: string; identity_value: string; identity_format?: string }[],
  more: Record<string, unknown> = {},
) => ({
  regulation: "gdpr",
  subject_request_id: crypto.randomUUID(),
  subject_request_type: type,
  submitted_time: "2026-11-22T10:00:00.000Z",
  subject_identities: identities,
  ...more,
});

export const email = (value: string) => ({ identity_type: "email", identity_value: value });

export const SERVER = { authorization: "Bearer sk_demo" };
export const OPERATOR = { authorization: "Bearer admin_test" };

const normalise = (namespace: string, value: string) =>
  normaliseIdentifier(namespace, value, RELEASE_1.document);

/** Take a request in as the door does, without setting it to work. @returns its id */
export async function take(
  type: SubjectRequestType,
  identities: readonly { identity_type: string; identity_value: string }[],
  more: Partial<Intake> = {},
  db: D1Database = env.IDENTITY_0,
): Promise<string> {
  const id = crypto.randomUUID();
  const given = identities.map((one) => subjectIdentitySchema.parse(one));
  const subjects = await keysOf(await knownIdentities(given, normalise), keys);
  const asked = { type, regulation: "gdpr", verification: "secret_key", scope: "person" } as const;
  const maker = { verifiedBy: null, madeBy: "source:web", isTheirs: async () => true };
  const sent = { callbacks: [], submitted: "2026-11-22T10:00:00.000Z", base: HOST };
  const intake = { ...asked, ...maker, ...sent, id, subjects, identities: given, ...more };
  await takeRequest(intake, { db, keys }, Date.now());
  return intake.id;
}

/** POST a request. */
export const ask = (body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  request("/privacy/requests", {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

export const codeOf = async (response: Response): Promise<string> =>
  `${response.status} ${((await response.json()) as { code?: string }).code ?? ""}`;

export const OWN_PAGE = { origin: HOST, "sec-fetch-site": "same-origin" };

export const statusIn = async (response: Response) =>
  (await response.json()) as {
    subject_request_id: string;
    request_status: string;
    verification: string;
    results_url?: string;
    expected_completion_time: string;
  };
