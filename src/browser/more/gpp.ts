/**
 * The Global Privacy Platform, from the page's consent manager (`__gpp`): the feature `gpp`. The door is told its string.
 * A section for the United States knows no consent, only the objection to sale, sharing and targeted advertising; so it
 * takes marketing away, and gives it back only if the visitor takes the objection back on this very page. The sections of
 * the EU and of Canada are for the door alone to read.
 * Source: https://github.com/InteractiveAdvertisingBureau/Global-Privacy-Platform, CMP API 1.1.
 */
import { guard } from "../guard.ts";
import { whenDefined } from "./page-api.ts";
import type { Said, Strings } from "./signals.ts";

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

/** The string and its sections; undefined where the API gives none, as before version 1.1. */
export const gppStrings = (pingData: unknown): Strings | undefined => {
  const { gppString, applicableSections } = Object(pingData) as {
    gppString?: unknown;
    applicableSections?: unknown;
  };
  if (typeof gppString !== "string" || !gppString || !Array.isArray(applicableSections)) return undefined;
  return { gpp: gppString, gpp_sid: applicableSections.filter(Number.isInteger) };
};

/** Sections that know consent: the TCF of the EU and of Canada. */
const WITH_CONSENT = [2, 5];

/** Calls back when the visitor objects, when they take it back, and with every decision under a law of consent. */
export const watchGpp = (onSaid: (said: Said) => void): void =>
  whenDefined("__gpp", (gppApi) => {
    let objected = false;
    const listener = guard((event: { eventName?: unknown; pingData?: unknown } | null, success: unknown) => {
      const pingData = success === false ? undefined : event?.pingData;
      const strings = gppStrings(pingData);
      const isReady = (Object(pingData).signalStatus ?? "ready") === "ready";
      if (isReady && strings?.gpp_sid?.some((id) => WITH_CONSENT.includes(id))) {
        onSaid({ choices: {}, strings, decides: true, fresh: event?.eventName === "sectionChange" });
        return;
      }
      const optedOut = hasOptedOut(pingData);
      if (optedOut === undefined || optedOut === objected) return;
      objected = optedOut;
      onSaid({ choices: { marketing: !objected }, strings });
    });
    gppApi("addEventListener", listener);
  });
