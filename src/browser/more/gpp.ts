/**
 * Opt-outs of the sections for the United States in the Global Privacy Platform (`__gpp`): the feature `gpp`. Such a
 * section knows no consent, only the objection to sale, sharing and targeted advertising; so it takes marketing away,
 * and gives it back only if the visitor takes the objection back on this very page.
 * Source: https://github.com/InteractiveAdvertisingBureau/Global-Privacy-Platform, CMP API 1.1.
 */
import { guard } from "../guard.ts";
import { whenDefined } from "./page-api.ts";
import type { Choices } from "./signals.ts";

const OPT_OUTS = ["SaleOptOut", "SharingOptOut", "TargetedAdvertisingOptOut"];
/** Values of these fields: 0 does not apply, 1 opted out, 2 did not. */
const NO_OBJECTION: unknown[] = [0, 2];

/**
 * Whether the visitor objected, by any section of the United States (`usnat`, `usca` …, not the deprecated `uspv1`);
 * undefined where none speaks of it. A value that is none of the three counts as an objection.
 */
export const hasOptedOut = (pingData: unknown): boolean | undefined => {
  const ping = pingData as { signalStatus?: unknown; parsedSections?: unknown } | null;
  // Version 1.0 of the API does not know the status.
  if ((ping?.signalStatus ?? "ready") !== "ready") return undefined;
  const values = Object.entries(ping?.parsedSections ?? {})
    .filter(([name]) => /^us(?!p)/.test(name))
    // A section is an object, or since 1.1 a list of its segments.
    .flatMap(([, section]) => section as unknown)
    .flatMap((segment) => Object.entries(segment ?? {}))
    .filter(([field]) => OPT_OUTS.includes(field))
    .map(([, value]) => value);
  return values.length ? !values.every((value) => NO_OBJECTION.includes(value)) : undefined;
};

/** Calls back when the visitor objects, and when they take it back. */
export const watchGpp = (onChoices: (choices: Choices) => void): void =>
  whenDefined("__gpp", (gppApi) => {
    let objected = false;
    const listener = guard((event: { pingData?: unknown } | null, success: unknown) => {
      const optedOut = success === false ? undefined : hasOptedOut(event?.pingData);
      if (optedOut === undefined || optedOut === objected) return;
      objected = optedOut;
      onChoices({ marketing: !objected });
    });
    gppApi("addEventListener", listener);
  });
