/**
 * Tells Google's tags in the page what the visitor has consented to: the feature `consent-mode-out`. A default of denials
 * where the page has pushed none, and an update with every change. What is pushed here is not read back by the feature
 * `consent-mode`. Called by main.ts.
 * Source: https://developers.google.com/tag-platform/security/guides/consent
 */
import { warn } from "../guard.ts";
import type { ConsentState, Doorstep, Purpose } from "../types.ts";

/** Google's types, and the purpose that each stands for, as the door tells them to Google's servers. */
const TYPES: Record<string, Purpose> = {
  ad_storage: "marketing",
  ad_user_data: "marketing",
  ad_personalization: "marketing",
  analytics_storage: "analytics",
  personalization_storage: "personalization",
  functionality_storage: "personalization",
};

const own = new WeakSet<object>();

/** Whether an entry of the data layer was pushed here. */
export const isOwnEntry = (entry: unknown): boolean => own.has(Object(entry));

/** What a consent means in Google's types; unknown consent is denied. */
export const typesOf = (state: ConsentState | null): Record<string, string> =>
  Object.fromEntries(
    Object.entries(TYPES).map(([type, purpose]) => [type, state?.purposes[purpose] ?? "denied"]),
  );

/** Starts telling. @param name of the global data layer */
export const tellConsentMode = (name: string, consent: Doorstep["consent"]): void => {
  const page = window as unknown as Record<string, unknown>;
  page[name] ??= [];
  const layer = page[name];
  if (!Array.isArray(layer)) {
    warn(name, "is no array");
    return;
  }
  // The tags know a command by its being an `arguments` object, which an array is not.
  const gtag: (...command: unknown[]) => void = function () {
    // biome-ignore lint/complexity/noArguments: see above
    const command = arguments;
    own.add(command);
    layer.push(command);
  };
  const isDefault = (entry: unknown) => Object(entry)[0] === "consent" && Object(entry)[1] === "default";
  const state = consent.get();
  if (!layer.some(isDefault)) gtag("consent", "default", { ...typesOf(null), wait_for_update: 500 });
  if (state) gtag("consent", "update", typesOf(state));
  consent.onChange((next) => gtag("consent", "update", typesOf(next)));
};
