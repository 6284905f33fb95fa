/**
 * Where a visitor stands: what holds, whether they decided it, since when, and whether to ask them again. What
 * `GET /consent` answers and the page shows. Pure; called by routes.ts and page.ts.
 */
import type { ConsentChoice } from "#consent/cookie";
import { isValid } from "#consent/decide";
import { regimeOf, validityMs } from "#consent/policy";
import { latestOfEachKind } from "#consent/signals/latest";
import type { Signal } from "#consent/signals/signal";
import type { ConsentDecision } from "#contracts/messages/event_envelope";
import { PURPOSES } from "#contracts/taxonomy";
import { DAY_MS } from "#core/clock";
import type { RequestContext } from "../context.ts";

export interface Standing {
  purposes: Record<string, "granted" | "denied">;
  regime: string;
  /** Whether the visitor has decided, here or in a consent manager; if not, the regime's default holds. */
  explicit: boolean;
  /** A banner should ask now. */
  ask: boolean;
  /** What decided, by purpose. */
  grounds: Record<string, string>;
  /** Of several decisions the latest; null where it is not known. ISO. */
  given_at: string | null;
  expires_at: string | null;
  receipt: string;
  /** `choice`, `tcf`, `banner:onetrust` …, joined by `+`. */
  source: string | null;
}

type Given = Pick<
  RequestContext,
  "release" | "country" | "region" | "now" | "choice" | "signals" | "consent"
>;

/** One decision of the visitor that still holds. */
interface Spoken {
  source: string;
  givenAt: number;
  endsAt: number;
  denies: boolean;
}

/** Where the visitor of a request stands. */
export function standingOf(given: Given): Standing {
  const { now, choice, consent, country, region } = given;
  const { policy } = given.release.document;
  const { regime } = regimeOf(policy, country, region);
  const validMs = validityMs(policy, regime);
  const spoken = latestOfEachKind(given.signals, now + DAY_MS).flatMap((signal) =>
    spokenBy(signal, validMs, now),
  );
  if (choice && isValid(choice, policy, regime, now)) spoken.unshift(spokenHere(choice));
  const last = Math.max(0, ...spoken.map(({ givenAt }) => givenAt));
  const end = Math.min(...spoken.map(({ endsAt }) => endsAt));
  const explicit = spoken.length > 0;
  const askAgainMs = (regime.askAgainDays ?? Number.POSITIVE_INFINITY) * DAY_MS;
  const isOld = last > 0 && now - last >= askAgainMs && spoken.some(({ denies }) => denies);
  return {
    ...stateOf(consent),
    explicit,
    ask: !explicit || isOld || wasSilence(choice, consent),
    given_at: last > 0 ? isoOf(last) : null,
    expires_at: explicit && Number.isFinite(end) ? isoOf(end) : null,
    receipt: consent.receipt,
    source: explicit ? spoken.map(({ source }) => source).join("+") : null,
  };
}

/** The part of a state that a decision alone tells. */
export const stateOf = ({ granted, regime, grounds }: ConsentDecision) => ({
  purposes: Object.fromEntries(
    PURPOSES.map((purpose) => [
      purpose,
      granted.includes(purpose) ? ("granted" as const) : ("denied" as const),
    ]),
  ),
  regime,
  grounds,
});

export const isoOf = (ms: number): string => new Date(ms).toISOString();

/** A string that cannot be read is nobody's decision, and neither is one that has lapsed. */
function spokenBy(
  { kind, name, says, givenAt, expiresAt, invalid }: Signal,
  validMs: number,
  now: number,
): Spoken[] {
  const old = givenAt > 0 ? givenAt + validMs : Number.POSITIVE_INFINITY;
  const endsAt = Math.min(expiresAt ?? Number.POSITIVE_INFINITY, old);
  if (invalid !== undefined || endsAt <= now || PURPOSES.every((purpose) => says[purpose] === undefined))
    return [];
  const denies = PURPOSES.some((purpose) => says[purpose] === "denied");
  return [{ source: name === "" ? kind : `${kind}:${name}`, givenAt, endsAt, denies }];
}

const spokenHere = ({ givenAt, expiresAt, granted }: ConsentChoice): Spoken => ({
  source: "choice",
  givenAt,
  endsAt: expiresAt,
  denies: granted.length < PURPOSES.length,
});

/** Granted by the choice, but only where silence was consent: here nobody has asked yet. */
const wasSilence = (choice: ConsentChoice | undefined, { granted, grounds }: ConsentDecision): boolean =>
  choice?.granted.some((purpose) => !granted.includes(purpose) && grounds[purpose] === "default") ?? false;
