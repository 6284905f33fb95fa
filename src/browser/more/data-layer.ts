/**
 * Hears of what the page pushes into its data layer, and of what it has pushed before. Called by main.ts, once for each
 * feature that listens.
 */
import { guard, warn } from "../guard.ts";

/** Calls back with each entry, after whoever else listens. A data layer that is missing is made, as gtag does. */
export const readDataLayer = (name: string, read: (entry: unknown) => void): void => {
  const page = window as unknown as Record<string, unknown>;
  page[name] ??= [];
  const layer = page[name];
  if (!Array.isArray(layer)) {
    warn(name, "is no array");
    return;
  }
  const listen = guard(read);
  for (const entry of [...layer]) listen(entry);
  const { push } = layer;
  layer.push = (...entries: unknown[]) => {
    const answer = push.apply(layer, entries);
    for (const entry of entries) listen(entry);
    return answer;
  };
};
