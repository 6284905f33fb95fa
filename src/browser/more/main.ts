/**
 * The entry of `/doorstep-more.js`, which load-more.ts imports when it is used: what not every page needs. Each feature
 * is one file, and starts where the tag's `data-use` lists it. Built by scripts/build-browser.ts.
 */
import { guard, warn } from "../guard.ts";
import type { MoreModule } from "../load-more.ts";
import { isOwnEntry, tellConsentMode } from "./consent-mode-out.ts";
import { readDataLayer } from "./data-layer.ts";
import { ecommerceEvents, watchConsentMode } from "./data-layer-entries.ts";
import { canonical } from "./ecommerce.ts";
import { watchGpp } from "./gpp.ts";
import { watchScroll } from "./scroll.ts";
import { consentSignals } from "./signals.ts";
import { watchTcf } from "./tcf.ts";

export const start: MoreModule["start"] = (api, settings) => {
  const ecommerce = guard((name: string, data: object) => {
    // The properties are only as good as the page's data; the door checks them.
    api.track(name, canonical(name, data));
  });
  const say = consentSignals(api.consent);
  const layer = settings.layer ?? "dataLayer";
  const features: Record<string, () => void> = {
    scroll: () => watchScroll((percent) => api.track("scroll", { percent })),
    tcf: () => watchTcf((said) => say("tcf", said)),
    gpp: () => watchGpp((said) => say("gpp", said)),
    "consent-mode": () => {
      const read = watchConsentMode((choices) => say("consent-mode", { choices }));
      readDataLayer(layer, (entry) => {
        if (!isOwnEntry(entry)) read(entry);
      });
    },
    "consent-mode-out": () => tellConsentMode(layer, api.consent),
    datalayer: () => readDataLayer(layer, ecommerceEvents(ecommerce)),
    // Listed where `doorstep.ecommerce` should not have to wait for this file.
    ecommerce: () => {},
  };
  for (const name of new Set((settings.use ?? "scroll").split(/[\s,]+/).filter(Boolean))) {
    const feature = features[name];
    if (feature) guard(feature)();
    else warn("data-use knows no", name);
  }
  return { ecommerce };
};
