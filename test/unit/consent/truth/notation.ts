/** From a row's signals, as table.ts describes their notation, to what the decision is asked with. */
import type { ConsentSignals } from "#consent/decide";
import { DENIES_ALL, type Says, type Signal, type SignalKind } from "#consent/signals/signal";
import type { Policy } from "#contracts/definitions/policy";
import { PURPOSES, type Purpose } from "#contracts/taxonomy";
import { DAY_MS } from "#core/clock";

const TOKEN =
  /^(cookie|tcf|gpp|banner|consent_mode|event)(?:\.([\w-]+))?(?:=(all[+-]|none|(?:[amp][+-])+))?(?:@(\?|-?\d+[dhm]))?(?:~(-?\d+[dhm]))?(?:\/([\w-]+))?(?:!(\w+))?$/;

const LETTERS: Record<string, Purpose> = { a: "analytics", m: "marketing", p: "personalization" };
const UNIT_MS: Record<string, number> = { d: DAY_MS, h: DAY_MS / 24, m: 60_000 };

/** Kinds that carry no time. */
const UNDATED: readonly string[] = ["gpp", "consent_mode", "event"];

/** One signal as the row says it. */
export interface Written {
  /** `cookie` and `event` besides the kinds of src/consent/signals/signal.ts. */
  kind: string;
  name: string;
  says: Says;
  /** Epoch ms; 0: not known. */
  givenAt: number;
  /** Epoch ms. */
  expiresAt: number | undefined;
  regime: string;
  mark: string | undefined;
  text: string;
}

/** @throws Error for a signal that is not in the notation */
export function writtenSignals(text: string, now: number): Written[] {
  if (text === "none") return [];
  return text
    .split(" ")
    .filter((token) => token !== "gpc")
    .map((token) => writtenSignal(token, now));
}

function writtenSignal(token: string, now: number): Written {
  const match = TOKEN.exec(token);
  if (!match) throw new Error(`"${token}" is no signal`);
  const [, kind = "", name = "", says = "", age, lapsed, regime = "gdpr", mark] = match;
  const undated = age === "?" || (age === undefined && UNDATED.includes(kind));
  const givenAt = undated ? 0 : now - durationMs(age ?? "1d");
  return {
    kind,
    name,
    says: mark !== undefined && kind !== "cookie" ? DENIES_ALL : saysOf(says, kind === "cookie"),
    givenAt,
    expiresAt: lapsed === undefined ? undefined : now - durationMs(lapsed),
    regime,
    mark,
    text: token,
  };
}

const durationMs = (text: string): number => Number(text.slice(0, -1)) * (UNIT_MS[text.slice(-1)] ?? 0);

function saysOf(text: string, isWhole: boolean): Says {
  const says: Says = {};
  for (const purpose of PURPOSES) if (isWhole || text === "none") says[purpose] = "denied";
  if (text.startsWith("all"))
    for (const purpose of PURPOSES) says[purpose] = text === "all+" ? "granted" : "denied";
  for (const [, letter = "", sign] of text.matchAll(/([amp])([+-])/g)) {
    const purpose = LETTERS[letter];
    if (purpose && !text.startsWith("all")) says[purpose] = sign === "+" ? "granted" : "denied";
  }
  return says;
}

/** What `decideConsent` is asked with. */
export function signalsOf(
  { place, signals }: { place: string; signals: string },
  now: number,
  policy: Policy,
): ConsentSignals {
  const [country, region] = place === "?" ? [] : place.split("-");
  const asked: ConsentSignals & { signals: Signal[] } = {
    now,
    country,
    region,
    gpc: signals.split(" ").includes("gpc"),
    signals: [],
  };
  for (const { kind, name, says, givenAt, expiresAt, regime, mark, text } of writtenSignals(signals, now)) {
    if (kind === "cookie") {
      const days = policy.regimes[regime]?.validityDays ?? policy.validityDays;
      asked.choice = {
        receipt: `receipt of ${text}`,
        granted: PURPOSES.filter((purpose) => says[purpose] === "granted"),
        regime,
        givenAt,
        expiresAt: expiresAt ?? givenAt + days * DAY_MS,
        despiteGpc: mark === "gpc",
      };
    } else if (kind === "event") asked.statement = says;
    else
      asked.signals.push({
        kind: kind as SignalKind, // the notation allows no other
        name,
        says,
        givenAt,
        evidence: text,
        ...(expiresAt !== undefined && { expiresAt }),
        ...(mark !== undefined && { invalid: mark }),
      });
  }
  return asked;
}
