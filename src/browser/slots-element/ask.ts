/** One question for all slots of a page. Called by main.ts. */
import type { SlotAnswer } from "#slots/render";
import { endpoint, settings, timeoutMs } from "./settings.ts";

/** One slot's answer; a slot that the release does not have has a `code` instead. */
export type Answer = SlotAnswer & { code?: string };

export interface Answers {
  /** The browser is shown a preview: nothing of the visitor's own is read or written. */
  preview?: true;
  /** The visitor agreed to personal pages: what they close may be remembered in their browser. */
  personal: boolean;
  slots: Answer[];
}

/** Undefined: there is no answer in time, or none that could be read. Never rejects. */
export const ask = async (slots: readonly string[]): Promise<Answers | undefined> => {
  try {
    const response = await fetch(endpoint, {
      method: "POST",
      credentials: "include",
      // As text: to another host of the site's own this needs no preflight.
      body: JSON.stringify({
        slots,
        locale: localeOf(),
        page: { path: location.pathname, utm: utmOf(), offers: offersHere() },
      }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    return response.ok ? ((await response.json()) as Answers) : undefined; // the shape of src/slots/render.ts
  } catch {
    return undefined; // the page stays as it is
  }
};

/** Only what the door takes: one tag that it does not would cost the page all of its slots. */
const localeOf = (): string | undefined => {
  const locale = settings.locale ?? document.documentElement.lang;
  return /^[a-z]{2,3}(-[a-z0-9]{2,8})*$/i.test(locale) && locale.length < 36 ? locale : undefined;
};

/** What the page has already, by the door or by an answer before: exclusion groups hold across all of it. */
const offersHere = (): string[] =>
  [...document.querySelectorAll("[data-doorstep-offer]")].map(
    (element) => element.getAttribute("data-doorstep-offer") ?? "",
  );

const utmOf = (): Record<string, string> => {
  const query = new URLSearchParams(location.search);
  const utm: Record<string, string> = {};
  for (const name of ["source", "medium", "campaign"]) {
    const value = query.get(`utm_${name}`);
    if (value) utm[name] = value.slice(0, 128);
  }
  return utm;
};
