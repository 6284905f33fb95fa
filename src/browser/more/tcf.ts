/**
 * The consent of IAB Europe's TCF, from the page's consent manager (`__tcfapi`, version 2): the feature `tcf`. Consent
 * counts, legitimate interest does not. What is missing or no boolean grants nothing.
 * Source: https://github.com/InteractiveAdvertisingBureau/GDPR-Transparency-and-Consent-Framework, CMP API v2.
 */
import { guard } from "../guard.ts";
import { whenDefined } from "./page-api.ts";
import type { Choices } from "./signals.ts";

/** The TCF purposes that ours stand for. All of them have to be granted; 1 is storage on the device. */
const ANALYTICS = [1, 8, 9, 10];
const MARKETING = [1, 3, 4];
const PERSONALIZATION = [1, 5, 6];

/** What `tcData` says: a decision, nothing where the law does not apply, undefined while the visitor is being asked. */
export const readTcData = (tcData: unknown): Choices | undefined => {
  const data = tcData as {
    eventStatus?: unknown;
    gdprApplies?: unknown;
    purpose?: { consents?: Record<number, unknown> };
  } | null;
  if (data?.eventStatus !== "tcloaded" && data?.eventStatus !== "useractioncomplete") return undefined;
  if (data.gdprApplies === false) return {};
  const granted = (purposes: number[]) =>
    purposes.every((purpose) => data.purpose?.consents?.[purpose] === true);
  return {
    analytics: granted(ANALYTICS),
    marketing: granted(MARKETING),
    personalization: granted(PERSONALIZATION),
  };
};

/** Calls back with every decision that the consent manager reports. */
export const watchTcf = (onChoices: (choices: Choices) => void): void =>
  whenDefined("__tcfapi", (tcfApi) => {
    const listener = guard((tcData: unknown, success: unknown) => {
      const choices = success === true ? readTcData(tcData) : undefined;
      if (choices) onChoices(choices);
    });
    tcfApi("addEventListener", 2, listener);
  });
