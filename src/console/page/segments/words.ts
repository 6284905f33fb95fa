/** Features, events and times in words: what a feature means, said in one sentence. Pure. */
import type { Feature } from "#contracts/definitions/feature";
import { listInWords } from "../../wording.ts";
import { attributeInWords, conditionInWords } from "../condition/words.ts";

/** What somebody did who sent an event; each goes after "somebody" and after "has". */
const DID: Readonly<Record<string, string>> = {
  page_view: "looked at a page",
  screen_view: "looked at a screen of the app",
  page_ping: "stayed on a page",
  content_impression: "looked at an offer or a piece of content",
  cta_click: "clicked a call to action",
  link_click: "clicked a link",
  scroll: "scrolled down",
  search: "searched",
  share: "shared something",
  form_submit: "sent a form",
  generate_lead: "left their details",
  view_promotion: "looked at a promotion",
  select_promotion: "clicked a promotion",
  view_item_list: "looked at a list of products",
  select_item: "clicked a product in a list",
  view_item: "looked at a product",
  add_to_wishlist: "put a product on the wish list",
  add_to_cart: "put a product into the cart",
  remove_from_cart: "took a product out of the cart",
  view_cart: "looked at the cart",
  begin_checkout: "started the checkout",
  add_shipping_info: "said where to ship",
  add_payment_info: "said how to pay",
  purchase: "bought something",
  refund: "got money back",
  sign_up: "opened an account",
  login: "logged in",
  identify: "told us who they are",
  group: "joined an account",
  consent_update: "answered the question for consent",
  custom: "sent an event of the site’s own",
};

/** `bought something`. */
export const didInWords = (event: string): string =>
  Object.hasOwn(DID, event) ? (DID[event] ?? event) : `sent the event “${event}”`;

/** `content: topic`; of `content.content_id` the last part says it all. */
export const fieldInWords = (path: string): string =>
  path
    .replace(/(\w+)\.(?=\1_)/g, "")
    .replaceAll(".", ": ")
    .replaceAll("_", " ");

const SO_FAR = "so far";

/** `in the last 30 days`. */
export function windowInWords(window: string): string {
  if (window === "lifetime") return SO_FAR;
  if (window === "session") return "in this session";
  const [, n = "", unit = ""] = /^(\d+)([dh])$/.exec(window) ?? [];
  if (n === "") return `within ${window}`;
  const noun = unit === "d" ? "day" : "hour";
  return n === "1" ? `in the last ${noun}` : `in the last ${n} ${noun}s`;
}

/** `3 hours`. */
export function durationInWords(duration: string): string {
  const [, n = "", unit = ""] = /^(\d+)([mhd])$/.exec(duration) ?? [];
  const noun = { m: "minute", h: "hour", d: "day" }[unit];
  return noun ? `${n} ${noun}${n === "1" ? "" : "s"}` : duration;
}

/** What a feature means. */
export function featureInWords(feature: Feature): string {
  if ("agg" in feature) return aggregateInWords(feature);
  if ("sequence" in feature) return sequenceInWords(feature);
  if ("ratio" in feature) {
    const { of = "", to = "" } = feature.ratio;
    return `${named(of)} beside ${named(to)}, each by day: 0.5 is half of what the person does otherwise`;
  }
  if ("affinity" in feature) {
    const { of = "", halfLifeDays } = feature.affinity;
    const weight = halfLifeDays ? `; what is ${halfLifeDays} days old counts half` : "";
    return `The share of each value of ${named(of)}, from 0 to 1${weight}`;
  }
  if ("rfm" in feature) {
    const { recency = "", frequency = "", monetary = "" } = feature.rfm;
    return `Among all who bought, from 1 (least) to 5 (best): recency by ${named(recency)}, frequency by ${named(frequency)}, money by ${named(monetary)}`;
  }
  const points = Object.entries(feature.score.points).map(([name, n]) => `${n} for each of ${named(name)}`);
  const of = points.length > 0 ? `: ${listInWords(points)}` : "";
  return `Points from 0 to ${feature.score.max}, in steps of ${feature.score.step}${of}`;
}

const named = (feature: string): string => `“${attributeInWords(feature) || "…"}”`;

function aggregateInWords({
  event,
  agg,
  field = "",
  where,
  window,
}: Extract<Feature, { agg: unknown }>): string {
  const did = didInWords(event);
  const value = `“${fieldInWords(field) || "…"}”`;
  const when = windowInWords(window);
  const only = filterInWords(where);
  switch (agg) {
    case "count":
      return `How often somebody ${did} ${when}${only}`;
    case "sum":
      return `${value} added up over each time somebody ${did} ${when}${only}`;
    case "min":
      return `The smallest ${value} of all times somebody ${did} ${when}${only}`;
    case "max":
      return `The largest ${value} of all times somebody ${did} ${when}${only}`;
    case "first":
      return `${value} of the first time somebody ${did} ${when}${only}`;
    case "last":
      return `${value} of the latest time somebody ${did} ${when}${only}`;
    case "distinct":
      return `How many different ${value} there were when somebody ${did} ${when}${only}`;
    case "top":
      return `The most frequent ${value} when somebody ${did} ${when}${only}`;
    case "recency":
      return `How many hours ago somebody ${did} for the last time${when === SO_FAR ? "" : `, if they did ${when}`}${only}`;
  }
}

function sequenceInWords({ sequence, window }: Extract<Feature, { sequence: unknown }>): string {
  const steps = sequence.map(({ event, where, within, absent }, n) => {
    const did = didInWords(event) + filterInWords(where);
    const time = within === undefined ? "" : durationInWords(within);
    if (absent) return `and then has not ${did}${time && ` for ${time}`}`;
    return n === 0 ? `has ${did}` : `then ${did}${time && ` within ${time}`}`;
  });
  const when = windowInWords(window);
  return `Yes as long as somebody ${steps.join(", ")}${when === SO_FAR ? "" : `, ${when}`}`;
}

function filterInWords(where: unknown): string {
  if (where === undefined) return "";
  const words = conditionInWords(where);
  if (words !== undefined) return `, where ${words}`;
  return JSON.stringify(where) === "{}" ? "" : ", where its filter holds";
}
