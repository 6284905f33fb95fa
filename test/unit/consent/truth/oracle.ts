/**
 * The rules of precedence, written a second time and the other way round: by purpose, as sets of voices. It shares no
 * code with src/consent, so that a mistake there is not repeated here.
 */
import type { Policy } from "#contracts/definitions/policy";
import { PURPOSES, type Purpose } from "#contracts/taxonomy";
import { type Written, writtenSignals } from "./notation.ts";
import type { Answer, TruthRow } from "./table.ts";

const DAY = 86_400_000;

/** The order in which grounds are named. */
const ORDER = ["cookie", "tcf", "gpp", "banner", "consent_mode", "event"];

type Regime = Policy["regimes"][string];

interface Voice {
  ground: string;
  said: "granted" | "denied";
}

/** What should be decided for a row. */
export function expectedFor(row: TruthRow, policy: Policy, now: number): Record<Purpose, Answer> {
  const regime = regimeAt(row.place, policy);
  const all = writtenSignals(row.signals, now);
  const over = all.filter((signal) => lapsed(signal, regime, policy, now));
  // What is over grants nothing any more, so it is not heard but where it denies.
  const written = oneOfEachKind(
    all.map((signal) => (over.includes(signal) ? { ...signal, says: denialsOf(signal) } : signal)),
    now + DAY,
  );
  const gpc = row.signals.split(" ").includes("gpc");
  const insists = all.some(
    (signal) => signal.kind === "cookie" && signal.mark === "gpc" && !over.includes(signal),
  );
  const answer = (purpose: Purpose): Answer => {
    const voices = written.flatMap((signal) => voiceOf(signal, purpose, regime, policy));
    const find = (said: Voice["said"]) => voices.find((voice) => voice.said === said);
    const denial = find("denied");
    if (denial) return { granted: false, ground: denial.ground };
    const grant = find("granted");
    const isGranted = grant !== undefined || standing(regime, purpose) === "granted";
    if (isGranted && gpc && purpose === "marketing" && !insists) return { granted: false, ground: "gpc" };
    if (grant) return { granted: true, ground: grant.ground };
    if (isGranted) return { granted: true, ground: "default" };
    const was = over.some(({ says }) => says[purpose] === "granted");
    return { granted: false, ground: was ? "expired" : "default" };
  };
  const [analytics, marketing, personalization] = PURPOSES.map(answer);
  if (!analytics || !marketing || !personalization) throw new Error("there are three purposes");
  return { analytics, marketing, personalization };
}

/** Listed region, else country; a country with listed regions and none known: the strictest of them; else `otherwise`. */
function regimeAt(place: string, policy: Policy): Regime {
  const all = Object.values(policy.regimes);
  const [country = "", region] = place.split("-");
  const fallback = policy.regimes[policy.otherwise];
  const ofCountry = all.find(({ countries }) => countries.includes(country));
  const ofRegion = all.find(({ regions }) => regions.includes(place));
  const parts = all.filter(({ regions }) => regions.some((one) => one.startsWith(`${country}-`)));
  const found =
    region === undefined && parts.length > 0
      ? [...parts, ofCountry ?? fallback].reduce((a, b) => (denials(b) > denials(a) ? b : a))
      : (ofRegion ?? ofCountry ?? fallback);
  if (!found) throw new Error("no regime");
  return found;
}

const denials = (regime: Regime | undefined): number =>
  regime ? PURPOSES.filter((purpose) => standing(regime, purpose) === "denied").length : 0;

const standing = (regime: Regime, purpose: Purpose): string =>
  typeof regime.default === "string" ? regime.default : regime.default[purpose];

/** Of two of a kind the later; where it is not known which is, both together: a denial of either, else its grants. */
function oneOfEachKind(written: readonly Written[], latest: number): Written[] {
  return ORDER.flatMap((kind) => {
    const [first, ...more] = written.filter((signal) => signal.kind === kind);
    if (!first) return [];
    return [more.reduce((a, b) => (a.text === b.text ? a : weigh(a, b, latest)), first)];
  });
}

function weigh(a: Written, b: Written, latest: number): Written {
  const dated = [a, b].every(({ givenAt, mark }) => givenAt > 0 && givenAt <= latest && mark === undefined);
  if (dated && a.givenAt !== b.givenAt) return a.givenAt > b.givenAt ? a : b;
  const says = { ...a.says };
  for (const purpose of PURPOSES)
    if (b.says[purpose] === "denied" || says[purpose] === undefined) says[purpose] = b.says[purpose];
  return {
    ...a,
    says,
    name: a.name === b.name ? a.name : `${a.name},${b.name}`,
    givenAt: Math.min(a.givenAt, b.givenAt),
    mark: a.mark ?? b.mark,
  };
}

function voiceOf(signal: Written, purpose: Purpose, regime: Regime, policy: Policy): Voice | Voice[] {
  const said = signal.says[purpose];
  if (said === undefined) return [];
  const { kind } = signal;
  const ground = groundOf(signal);
  if (said === "denied") return { ground, said };
  const then = policy.regimes[signal.regime];
  const counts =
    kind === "cookie"
      ? standing(regime, purpose) === "granted" || (then && standing(then, purpose) === "denied")
      : (regime.honours as string[]).includes(kind === "event" ? "statement" : kind);
  return counts ? { ground, said } : [];
}

const denialsOf = ({ says }: Written): Written["says"] =>
  Object.fromEntries(Object.entries(says).filter(([, said]) => said === "denied"));

function groundOf({ kind, name, mark }: Written): string {
  if (kind === "cookie" || kind === "event") return kind;
  const detail = mark ?? name;
  return detail === "" ? kind : `${kind}:${detail}`;
}

/** Too old for the regime, past its own end, or from a future that no clock of ours explains. */
function lapsed(signal: Written, regime: Regime, policy: Policy, now: number): boolean {
  const { kind, givenAt, expiresAt } = signal;
  const ahead = kind === "cookie" ? DAY / 288 : DAY;
  const days = regime.validityDays ?? policy.validityDays;
  if (givenAt > now + ahead) return true;
  if (givenAt > 0 && now - givenAt >= days * DAY) return true;
  return expiresAt !== undefined && expiresAt <= now;
}
