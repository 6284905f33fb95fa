/**
 * `PUT /consent` with a secret key: a server records what one of its people decided, in an app, on the phone, in a
 * shop. It holds for the identifier and binds all of its profile; no cookie is read or set. Called by routes.ts.
 */
import { bindChoice, type ConsentEffects, chooseConsent } from "#consent/change";
import { regimeOf } from "#consent/policy";
import type { CurrentConsent } from "#consent/still-granted";
import { defaultOf } from "#contracts/definitions/policy_default";
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { ConsentDecision } from "#contracts/messages/event_envelope";
import { PURPOSES, type Purpose } from "#contracts/taxonomy";
import { Problem } from "#core/problem";
import { knownKeys } from "#privacy/lookup";
import type { RequestContext } from "../context.ts";
import type { CountRequest } from "../rate.ts";
import { authenticateSource, requireSecretKey } from "../source.ts";
import { type ConsentBody, readAsked } from "./body.ts";
import { isoOf, type Standing, stateOf } from "./standing.ts";

export interface ServerDeps {
  effects: ConsentEffects;
  newId(): string;
  count: CountRequest;
  /** The normal form of an identifier by the release's rules, or undefined where it names nobody. */
  normalise(namespace: string, value: string, document: ReleaseDocument): Promise<string | undefined>;
  /** What holds now for identifiers and their profiles. */
  current(keys: readonly string[]): Promise<readonly CurrentConsent[]>;
}

/** The bearer token of a request; a browser sends none by itself. */
export function bearerOf(headers: Headers): string | undefined {
  const [scheme, token] = (headers.get("authorization") ?? "").split(" ", 2);
  return scheme?.toLowerCase() === "bearer" ? token : undefined;
}

/**
 * Record a decision for an identifier.
 * @throws Problem 400 `invalid_body`, `invalid_identifier`; 401 and 403 as authenticateSource; 403 `secret_key_required`
 */
export async function decideFor(
  request: Request,
  body: ConsentBody,
  context: RequestContext,
  deps: ServerDeps,
): Promise<{ standing: Standing; subject: string; decision: ConsentDecision }> {
  const { keys, now, settings, release } = context;
  const { headers, url } = request;
  const token = bearerOf(headers);
  const origin = headers.get("origin");
  const from = authenticateSource(settings.SOURCES, token ? [token] : [], origin, new URL(url).origin, now);
  requireSecretKey(from);
  await deps.count({
    source: from.source.id,
    secret: true,
    visitorKey: undefined,
    headers,
    now,
    key: keys.cookie,
  });
  if (!body.subject) throw new Problem(400, "invalid_body", "subject: is required with a secret key");
  const { namespace, value } = body.subject;
  const normal = await deps.normalise(namespace, value, release.document);
  if (normal === undefined)
    throw new Problem(
      400,
      "invalid_identifier",
      `The value of the subject is no ${namespace} that names anybody.`,
    );

  const { policy } = release.document;
  const { country, region } = body;
  const here = regimeOf(policy, country, region);
  const asked = await readAsked(body, { policy, here, now });
  const subjects = await knownKeys(keys, namespace, normal);
  const before =
    latest(await deps.current(subjects)) ?? PURPOSES.filter((p) => defaultOf(here.regime, p) === "granted");
  const { says, endsAt } = asked;
  const receipt = deps.newId();
  const given = { policy, country, region, before, despiteGpc: false, now, receipt, endsAt };
  const choice = chooseConsent(says, given);
  const source = [
    `server:${from.source.id}`,
    ...asked.source.split("+").filter((kind) => kind !== "choice"),
  ].join("+");
  const { granted, regime, expiresAt } = choice;
  const [subject = ""] = subjects; // the current key's is always there
  const { evidence } = asked;
  await deps.effects.append({
    subject,
    givenAt: now,
    id: receipt,
    granted,
    regime,
    source,
    evidence,
    expiresAt,
  });
  for (const each of subjects) await bindChoice(each, choice, deps.effects);
  const grounds = Object.fromEntries(PURPOSES.map((purpose) => [purpose, "server"]));
  const decision = { receipt, granted, regime, grounds, decidedAt: now };
  const standing = {
    ...stateOf(decision),
    explicit: true,
    ask: false,
    given_at: isoOf(now),
    expires_at: isoOf(expiresAt),
    receipt,
    source,
  };
  return { standing, subject, decision };
}

/** The latest decision of all; undefined where nobody has decided. */
function latest(current: readonly CurrentConsent[]): readonly Purpose[] | undefined {
  const decided = current.filter(({ decidedAt }) => decidedAt > 0);
  return decided.sort((a, b) => b.decidedAt - a.decidedAt)[0]?.granted;
}
