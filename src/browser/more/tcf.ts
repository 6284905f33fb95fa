/**
 * The consent of IAB Europe's TCF, from the page's consent manager (`__tcfapi`, version 2): the feature `tcf`. The door is
 * told its string. What is read here only tells whether that is news, and is what counts where the manager gives no
 * string: consent alone, no legitimate interest, and what is missing or no boolean grants nothing.
 * Source: https://github.com/InteractiveAdvertisingBureau/GDPR-Transparency-and-Consent-Framework, CMP API v2.
 */
import { guard } from "../guard.ts";
import { whenDefined } from "./page-api.ts";
import type { Choices, Said } from "./signals.ts";

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

/** The same as the door is told it. */
export const tcfSaid = (tcData: unknown): Said | undefined => {
  const choices = readTcData(tcData);
  if (!choices) return undefined;
  const { tcString, eventStatus, purpose } = tcData as {
    tcString?: unknown;
    eventStatus?: unknown;
    purpose?: { consents?: object };
  };
  // Where its law does not apply there are no choices, and a string says nothing.
  const applies = Object.keys(choices).length > 0;
  if (typeof tcString !== "string" || !tcString || !applies) return { choices };
  return {
    choices,
    strings: { tcf: tcString },
    decides: true,
    // Which purposes are needed is the door's to say; of none there is no consent in any case.
    refused: Object.values(purpose?.consents ?? {}).includes(true) ? {} : choices,
    fresh: eventStatus === "useractioncomplete",
  };
};

/** Calls back with every decision that the consent manager reports. */
export const watchTcf = (onSaid: (said: Said) => void): void =>
  whenDefined("__tcfapi", (tcfApi) => {
    const listener = guard((tcData: unknown, success: unknown) => {
      const said = success === true ? tcfSaid(tcData) : undefined;
      if (said) onSaid(said);
    });
    tcfApi("addEventListener", 2, listener);
  });
