/** Of several signals of one kind, the latest. Pure; called by ../decide.ts. */
import { PURPOSES } from "#contracts/taxonomy";
import { type Says, SIGNAL_KINDS, type Signal } from "./signal.ts";

/**
 * One signal of each kind, in the order of the kinds. Which of two is later is known where both are valid and say when;
 * where it is not, they count together: what either denies is denied, and what both speak of is granted if both do.
 * @param latest epoch ms: what says that it was given after this moment does not know what time it is
 */
export function latestOfEachKind(signals: readonly Signal[], latest: number): readonly Signal[] {
  if (signals.length < 2) return signals;
  const kept = new Map<string, Signal>();
  for (const signal of signals) {
    const other = kept.get(signal.kind);
    kept.set(signal.kind, other ? later(other, signal, latest) : signal);
  }
  return SIGNAL_KINDS.flatMap((kind) => kept.get(kind) ?? []);
}

function later(a: Signal, b: Signal, latest: number): Signal {
  if (a.evidence === b.evidence && a.name === b.name) return a;
  const comparable = [a, b].every(({ invalid, givenAt }) => !invalid && givenAt > 0 && givenAt <= latest);
  if (comparable && a.givenAt !== b.givenAt) return a.givenAt > b.givenAt ? a : b;
  return together(a, b);
}

function together(a: Signal, b: Signal): Signal {
  const says: Says = {};
  for (const purpose of PURPOSES) {
    const said = [a.says[purpose], b.says[purpose]];
    if (said.includes("denied")) says[purpose] = "denied";
    else if (said.includes("granted")) says[purpose] = "granted";
  }
  const names = [...new Set([a.name, b.name])].filter(Boolean);
  const expiresAt = Math.min(
    a.expiresAt ?? Number.POSITIVE_INFINITY,
    b.expiresAt ?? Number.POSITIVE_INFINITY,
  );
  const invalid = a.invalid ?? b.invalid;
  return {
    kind: a.kind,
    name: names.join(","),
    says,
    givenAt: Math.min(a.givenAt, b.givenAt),
    evidence: `${a.evidence},${b.evidence}`,
    ...(Number.isFinite(expiresAt) && { expiresAt }),
    ...(invalid !== undefined && { invalid }),
  };
}
