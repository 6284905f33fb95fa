/** What the script's own tag says. Read while the script is first evaluated: `currentScript` is gone after that. */

const tag = (document.currentScript ??
  document.querySelector("script[data-slots]")) as HTMLScriptElement | null;

/** The `data-…` attributes of the tag. */
export const settings: DOMStringMap = tag?.dataset ?? {};

/** Where the door is: the folder of the script, unless `data-base` says where else. */
export const base: string = new URL(
  settings.base ?? ".",
  (settings.base === undefined && tag?.src) || location.href,
).href.replace(/\/+$/, "");

/** Where slots are asked for. */
export const endpoint: string = base + (settings.slots || "/slots");

const list = (text: string | undefined): string[] => (text ?? "").split(/[\s,]+/).filter(Boolean);

/** Slots of messages that this page may show. */
export const messageSlots: string[] = list(settings.messages);

const DEFAULT_TIMEOUT_MS = 1_500;
/** After this the page stays as it is. */
export const timeoutMs: number = Number(settings.timeout) || DEFAULT_TIMEOUT_MS;
