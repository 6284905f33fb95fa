/** One offer, or a new one (`#/offers/new/<slot>`). */
import { h } from "../dom.ts";
import { definitions, save } from "../draft/store.ts";
import type { NewContent } from "./content-part.ts";
import { definitionPage } from "./definition-page.ts";
import { offerForm } from "./offer-form.ts";
import { offerHref, type Page } from "./page.ts";
import { dayBars, notMeasured, numbers, readPerformance } from "./performance-data.ts";
import type { OfferInput } from "./shapes.ts";

const DAYS = 30;

/** Content that an offer's form began and nobody saved, by the offer: kept with the form's own changes. */
const begun = new Map<string, NewContent>();

/** @param key undefined: a new one, in this slot */
export function offerPage(key: string | undefined, slot = ""): Page {
  const [only] = Object.keys(definitions("slots"));
  const first: OfferInput = { slot: slot || only || "", content: "", priority: 50 };
  const fresh: NewContent = begun.get(key ?? ` ${slot}`) ?? { key: "", value: undefined };
  begun.set(key ?? ` ${slot}`, fresh);
  return definitionPage({
    kind: "offers",
    noun: "offer",
    key,
    first,
    hrefOf: offerHref,
    back: ["#/offers", "Offers by slot"],
    form: (value, changed, places, own) => offerForm(value, changed, places, own, fresh),
    async before() {
      if (fresh.value === undefined) return { ok: true };
      const saved = await save("content", fresh.key, fresh.value, undefined);
      if (saved.ok) fresh.value = undefined;
      return saved;
    },
    forget() {
      Object.assign(fresh, { key: "", value: undefined });
    },
    more: (own) => h("div", { class: "stack" }, previewLink(own), performanceOf(own)),
  });
}

const previewLink = (key: string): HTMLElement =>
  h(
    "section",
    { class: "part-card" },
    h("h2", {}, "See it on the page"),
    h("p", {}, "Before it is published, by a link that shows the real page as those whom it is for see it."),
    h(
      "div",
      { class: "actions" },
      h("a", { class: "button", attrs: { href: `#/offers/preview/${key}` } }, "Preview this offer"),
    ),
  );

function performanceOf(key: string): HTMLElement {
  const place = h("div", { class: "stack" }, h("div", { class: "skeleton" }));
  void readPerformance(DAYS).then((answer) => {
    const found = answer?.status === "ok" ? answer.body.offers.find(({ offer }) => offer === key) : undefined;
    if (answer?.status !== "ok" || !found)
      place.replaceChildren(
        h(
          "p",
          { class: "hint" },
          answer?.status === "ok" ? "It was never published: nothing is measured." : "It cannot be shown.",
        ),
      );
    else
      place.replaceChildren(
        numbers(found, answer.body.goal),
        dayBars(found, answer.body),
        notMeasured(answer.body.goal),
      );
  });
  return h("section", { class: "part-card" }, h("h2", {}, `How it performs, ${DAYS} days`), place);
}
