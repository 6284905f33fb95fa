/** The board: each slot with its offers in the order in which they are tried, what of them is on now, and how they do. */
import type { OfferPerformance, SlotPerformance } from "#slots/performance";
import { call, problemInWords } from "../api.ts";
import { button, type Child, chip, empty, fill, h } from "../dom.ts";
import { current, definitions, save } from "../draft/store.ts";
import { may } from "../may.ts";
import { readOnly } from "../not-permitted.ts";
import type { Change } from "../release/changes.ts";
import { onNow, startAgain, stop } from "./change.ts";
import { contentHref, head, offerHref, type Page, saidLine, saving, slotHref, tabs } from "./page.ts";
import { dayBars, notMeasured, numbers, type Period, readPerformance } from "./performance-data.ts";
import { scheduleInWords, stateAt } from "./schedule-words.ts";
import { inOrder, type OfferInput, type SlotInput } from "./shapes.ts";
import { audienceInWords, capsInWords } from "./words.ts";

const DAYS = 14;

export function board(): Page {
  const said = saidLine();
  const body = h("div", {}, h("div", { class: "skeleton" }));
  let period: Period | undefined;
  let changes = new Map<string, Change["change"]>();

  async function refresh(): Promise<void> {
    draw();
    const name = current()?.draft?.name;
    const [answer, diff] = await Promise.all([
      readPerformance(DAYS),
      name === undefined ? undefined : call<{ changes: Change[] }>("GET", `drafts/${name}/diff`),
    ]);
    if (answer?.status === "ok") period = answer.body;
    else if (answer) fill(said, problemInWords(answer));
    if (diff?.status === "ok")
      changes = new Map(diff.body.changes.map(({ kind, key, change }) => [`${kind}.${key}`, change]));
    draw();
  }

  function draw(): void {
    const slots = Object.entries(definitions("slots"));
    const offers = definitions("offers");
    const lost = Object.keys(offers).filter(
      (key) => !Object.hasOwn(definitions("slots"), offers[key]?.slot ?? ""),
    );
    fill(
      body,
      slots.length === 0 &&
        empty(
          "There are no slots yet",
          "A slot is a named place on a page, which offers compete for.",
          may("release:write") &&
            h("a", { class: "button primary", attrs: { href: "#/offers/slots/+" } }, "Make a slot"),
        ),
      ...slots.map(([key, slot]) => slotSection(key, slot)),
      lost.length > 0 &&
        h(
          "section",
          { class: "slot-board" },
          h("h2", {}, "In no slot that there is"),
          h("p", {}, ...lost.flatMap((key) => [h("a", { attrs: { href: offerHref(key) } }, key), " "])),
        ),
      ...removed(),
      period && notMeasured(period.goal),
    );
  }

  const removed = (): Child[] => {
    const gone = [...changes]
      .filter(([path, change]) => change === "removed" && path.startsWith("offers."))
      .map(([path]) => path.slice("offers.".length));
    return gone.length === 0
      ? []
      : [h("p", { class: "notice quiet" }, `Removed in this draft: ${gone.join(", ")}.`)];
  };

  function slotSection(key: string, slot: SlotInput): HTMLElement {
    const rows = inOrder(definitions("offers"), key);
    const seen = period?.slots.find((one) => one.slot === key);
    return h(
      "section",
      { class: "slot-board", attrs: { "aria-label": `Slot ${key}` } },
      h(
        "div",
        { class: "slot-head" },
        h("h2", {}, h("a", { attrs: { href: slotHref(key) } }, key)),
        changeChip(changes.get(`slots.${key}`)),
        h(
          "span",
          { class: "hint" },
          [slot.description, KINDS[slot.kind ?? "html"], holdoutOf(slot)].filter(Boolean).join(" · "),
        ),
        h("span", { class: "grow" }),
        missesOf(seen),
        may("release:write") &&
          h(
            "a",
            { class: "button", attrs: { href: `#/offers/new/${key}`, "aria-label": `New offer in ${key}` } },
            "New offer",
          ),
      ),
      rows.length === 0
        ? h(
            "p",
            { class: "hint" },
            slot.fallback
              ? `No offers: everybody sees ${slot.fallback}.`
              : "No offers: everybody sees the page's own content.",
          )
        : h("ol", { class: "offer-rows" }, ...rows.map(([name, offer]) => offerRow(name, offer))),
    );
  }

  function offerRow(key: string, offer: OfferInput): HTMLElement {
    const now = Date.now();
    const [tone, label, detail] = onNow(offer, now);
    const done = period?.offers.find((one) => one.offer === key);
    const isEnded = stateAt(offer.schedule, now) === "ended";
    return h(
      "li",
      { class: "offer-row", attrs: { "aria-label": key } },
      h("span", { class: "order-priority", attrs: { title: "Priority" } }, offer.priority ?? 0),
      h(
        "div",
        { class: "offer-what" },
        h(
          "div",
          { class: "chips" },
          h("a", { class: "offer-name", attrs: { href: offerHref(key) } }, key),
          chip(tone, label, detail),
          changeChip(changes.get(`offers.${key}`)),
        ),
        offer.description !== undefined && h("p", {}, offer.description),
        h(
          "p",
          { class: "hint" },
          [
            audienceInWords(offer.audience),
            offer.schedule && scheduleInWords(offer.schedule),
            (offer.caps?.length ?? 0) > 0 && capsInWords(offer.caps),
            offer.exclusionGroup !== undefined && `One of the group ${offer.exclusionGroup} on a page`,
            offer.score !== undefined && `First who has most of ${offer.score}`,
          ]
            .filter(Boolean)
            .join(" · "),
        ),
        h("p", { class: "hint" }, "Shows ", contentLink(offer.content)),
      ),
      h("div", { class: "offer-done" }, ...doneOf(done)),
      h(
        "div",
        { class: "offer-do" },
        may("release:write") &&
          (isEnded
            ? button("Start again", () => void change(key, offer, startAgain(offer)), "plain", {
                "aria-label": `Start ${key} again`,
              })
            : button("Stop", () => void change(key, offer, stop(offer)), "plain", {
                "aria-label": `Stop ${key}`,
              })),
      ),
    );
  }

  const doneOf = (done: OfferPerformance | undefined): Child[] =>
    !period
      ? []
      : done?.in_release
        ? done.impressions === 0
          ? [h("span", { class: "hint" }, `Not seen in ${DAYS} days`)]
          : [numbers(done, period.goal), dayBars(done, period)]
        : [h("span", { class: "hint" }, "Not published yet: nothing is measured")];

  async function change(key: string, was: OfferInput, next: OfferInput): Promise<void> {
    const saved = await saving(() => save("offers", key, next, was));
    fill(
      said,
      saved.ok
        ? `Saved in the draft ${current()?.draft?.name ?? ""}: it holds once the draft is published.`
        : saved.detail,
    );
    await refresh();
  }

  void refresh();
  return {
    element: h(
      "div",
      {},
      head(
        "Offers",
        said,
        may("release:write") &&
          h("a", { class: "button primary", attrs: { href: "#/offers/new" } }, "New offer"),
      ),
      tabs(""),
      readOnly("release:write"),
      body,
    ),
  };
}

const KINDS = { html: "", json: "data", message: "message over the page" } as const;

const holdoutOf = ({ holdout = 0 }: SlotInput): string =>
  holdout > 0 ? `${Math.round(holdout * 1000) / 10} % held out` : "";

function missesOf(slot: SlotPerformance | undefined): Child {
  if (!slot) return undefined;
  const { budget, error, content } = slot.misses;
  const all = budget + error + content;
  if (all === 0) return h("span", { class: "figure zero" }, "no misses");
  const why = [
    budget && `${budget} not in time`,
    error && `${error} failed`,
    content && `${content} without its content`,
  ]
    .filter(Boolean)
    .join(", ");
  return chip("wait", `${all} ${all === 1 ? "miss" : "misses"} in ${DAYS} days`, why);
}

const changeChip = (change: Change["change"] | undefined): Child =>
  change !== undefined && chip("info", change === "added" ? "new in the draft" : "changed in the draft");

const contentLink = (content: string): HTMLElement =>
  h("a", { attrs: { href: contentHref(content) } }, content);
