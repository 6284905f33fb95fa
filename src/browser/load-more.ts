/**
 * Loads the second file, `doorstep-more.js`, when something of it is used: from where the events go to. It is a module,
 * because an import needs no permission of the page's policy beyond the one that the script itself has: its nonce and
 * `strict-dynamic` pass on, and no Trusted Types policy has to be listed. Called by main.ts.
 */
import { base, settings } from "./config.ts";
import { warn } from "./guard.ts";
import type { Doorstep } from "./types.ts";

/** What the second file exports. */
export interface MoreModule {
  /** Starts what the tag's `data-use` lists. */
  start(api: Doorstep, settings: DOMStringMap): More;
}

/** What the second file adds to the API. */
export type More = Pick<Doorstep, "ecommerce">;

let loading: Promise<More | undefined> | undefined;

/** Resolves to what the second file adds, or to nothing where it cannot be loaded. Never rejects. */
export const loadMore = (api: Doorstep): Promise<More | undefined> => {
  loading ??= import(base + (settings.more ?? "/doorstep-more.js"))
    .then((more: MoreModule) => more.start(api, settings))
    .catch(warn);
  return loading;
};
