/**
 * The traffic model: who visits a site like the demo's, what they answer to the consent question, what they do, and
 * which requests their browsers make of it. Everything that shapes the cost is a number at the top of this file.
 */
import { type Chance, seededChance } from "./random.ts";

/** Shares of visitors by their answer to the consent question; `silent` ones never answer. */
const ANSWERS = { all: 0.66, measurement: 0.12, none: 0.14 } as const;
/** Visitors from a place where consent must be given first; the others are let in until they object. */
const OPT_IN_SHARE = 0.75;
/** Visitors who have been here before: their cookies, rows and snapshots are there when counting begins. */
const RETURNING_SHARE = 0.4;
/** Of visitors whose events are let in. */
const FORM_SHARE = 0.06;
const CART_SHARE = 0.12;
const PURCHASE_SHARE = 0.04;
const LOGIN_SHARE = 0.05;
/** Of page views: the page has a hero slot that is seen; the visitor clicks on something marked. */
const IMPRESSION_SHARE = 0.35;
const CLICK_SHARE = 0.3;
/** Depths of a page that are reached, and by how many. */
const SCROLLS = [
  { percent: 25, share: 0.8 },
  { percent: 50, share: 0.55 },
  { percent: 75, share: 0.35 },
] as const;
/** Page views of a single-page part of the site, which ask for their slot by themselves. */
const SLOT_REQUEST_SHARE = 0.2;
/** Pages that a visitor opens whose events are not let in. */
const SILENT_PAGES = 3;
/** Visits have so many events, or a multiple of it, so that 1, 2 and 5 of them fill whole requests. */
const EVENTS_STEP = 10;
const SECONDS_ON_PAGE = [8, 70] as const;
const SECONDS_TO_ANSWER = 4;

const TOPICS = ["climbing", "sailing", "winter"] as const;
const BROWSERS = [
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Mobile/15E148 Safari/604.1",
  "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
  "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
] as const;

/** The assumptions in words, for the report. */
export const TRAFFIC_NOTES = [
  `consent: ${percent(ANSWERS.all)} all, ${percent(ANSWERS.measurement)} analytics only, ${percent(ANSWERS.none)} none, the rest silent; ${percent(OPT_IN_SHARE)} of visitors under an opt-in regime; the browser script sends nothing without consent`,
  `${percent(RETURNING_SHARE)} of visitors were here the day before, with a visit that is played and not counted`,
  `of visitors who send: ${percent(FORM_SHARE)} submit a form with their e-mail, ${percent(CART_SHARE)} fill a cart, ${percent(PURCHASE_SHARE)} buy, ${percent(LOGIN_SHARE)} log in`,
  `each page view is a page request through the Worker, with its slots filled, and one for /doorstep.js unless the browser may still keep it; ${percent(SLOT_REQUEST_SHARE)} of page views are inside a page and ask GET /slots/hero instead; other static files of the site do not pass the Worker`,
];

export type Action =
  | { kind: "page"; path: string }
  | { kind: "script" }
  | { kind: "slot" }
  | { kind: "ask_consent" }
  | { kind: "consent"; granted: { analytics: boolean; marketing: boolean; personalization: boolean } }
  | { kind: "event"; event: PlayedEvent };

export interface PlayedEvent {
  name: string;
  properties: Record<string, unknown>;
  traits?: Record<string, unknown>;
  page: string;
}

/** An action, and seconds since the visit began. */
export interface TimedAction {
  after: number;
  action: Action;
}

export interface Visitor {
  number: number;
  country: string;
  userAgent: string;
  /** An earlier visit, to be played before counting begins. */
  before: TimedAction[] | undefined;
  visit: TimedAction[];
}

/** So many visitors who send exactly so many events between them, in the counted visits. */
export function makeVisitors(visitors: number, events: number, seed = 7): Visitor[] {
  const chance = seededChance(seed);
  const people = Array.from({ length: visitors }, (_, number) => {
    const optIn = chance.hits(OPT_IN_SHARE);
    const roll = chance.next();
    const answer = answerOf(roll);
    return {
      number,
      optIn,
      answer,
      sends: answer === "all" || answer === "measurement" || (answer === "silent" && !optIn),
    };
  });
  const senders = people.filter((person) => person.sends);
  const sizes = new Map(senders.map((person) => [person, EVENTS_STEP]));
  for (let left = events - senders.length * EVENTS_STEP; left > 0; left -= EVENTS_STEP) {
    const one = senders[Math.floor(chance.next() * senders.length)];
    if (one) sizes.set(one, (sizes.get(one) ?? 0) + EVENTS_STEP);
  }
  return people.map(({ number, optIn, answer, sends }) => {
    const topic = chance.pick(TOPICS);
    const returns = chance.hits(RETURNING_SHARE);
    const play = (count: number, decided: boolean) =>
      sends
        ? playVisit(number, topic, count, decided ? undefined : answer, chance)
        : playSilent(topic, decided ? undefined : answer, chance);
    return {
      number,
      country: optIn ? chance.pick(["SK", "DE", "NO"]) : "US",
      userAgent: chance.pick(BROWSERS),
      before: returns ? play(EVENTS_STEP, false) : undefined,
      visit: play(
        sizes.get(people[number] ?? { number, optIn, answer, sends }) ?? EVENTS_STEP,
        returns && answer !== "silent",
      ),
    };
  });
}

type Answer = keyof typeof ANSWERS | "silent";

function answerOf(roll: number): Answer {
  let passed = 0;
  for (const answer of ["all", "measurement", "none"] as const) {
    passed += ANSWERS[answer];
    if (roll < passed) return answer;
  }
  return "silent";
}

/** A visit whose events are let in, cut to exactly `count` events. `answer`: to be given now; undefined: long given. */
function playVisit(
  number: number,
  topic: string,
  count: number,
  answer: Answer | undefined,
  chance: Chance,
): TimedAction[] {
  const actions: TimedAction[] = [];
  const special = specialEvents(number, topic, chance).slice(0, count - 1);
  let clock = 0;
  let events = 0;
  const tell = (event: PlayedEvent) => {
    actions.push({ after: clock, action: { kind: "event", event } });
    events++;
  };
  for (let page = 0; events < count - special.length; page++) {
    const path = page === 0 ? "/" : `/articles/${topic}-${page}`;
    openPage(actions, clock, path, page, answer, chance);
    const content = {
      content_id: path.slice(1) || "home",
      content_type: "article",
      topic,
      author: "Ida Berg",
      publish_date: "2026-10-02",
    };
    const on = { page: path };
    const during: PlayedEvent[] = [
      { name: "page_view", properties: { content }, ...on },
      ...(chance.hits(IMPRESSION_SHARE)
        ? [{ name: "content_impression", properties: { slot: "hero", offer: `${topic}-hero` }, ...on }]
        : []),
      ...SCROLLS.filter(({ share }) => chance.hits(share)).map(({ percent: depth }) => ({
        name: "scroll",
        properties: { percent: depth, content },
        ...on,
      })),
      ...(chance.hits(CLICK_SHARE)
        ? [{ name: "cta_click", properties: { cta_id: `more-${page}`, label: "Read on" }, ...on }]
        : []),
    ].slice(0, count - special.length - events);
    const stay = SECONDS_ON_PAGE[0] + chance.next() * (SECONDS_ON_PAGE[1] - SECONDS_ON_PAGE[0]);
    const step = stay / (during.length + 1);
    clock += SECONDS_TO_ANSWER + 1;
    for (const event of during) {
      tell(event);
      clock += step;
    }
  }
  for (const event of special) {
    tell(event);
    clock += 6;
  }
  return actions;
}

function playSilent(topic: string, answer: Answer | undefined, chance: Chance): TimedAction[] {
  const actions: TimedAction[] = [];
  for (let page = 0; page < SILENT_PAGES; page++) {
    openPage(
      actions,
      page * SECONDS_ON_PAGE[1],
      page === 0 ? "/" : `/articles/${topic}-${page}`,
      page,
      answer,
      chance,
    );
  }
  return actions;
}

/** What a browser asks for when it shows a page. */
function openPage(
  actions: TimedAction[],
  at: number,
  path: string,
  page: number,
  answer: Answer | undefined,
  chance: Chance,
): void {
  const after = (seconds: number, action: Action) => actions.push({ after: at + seconds, action });
  if (page > 0 && chance.hits(SLOT_REQUEST_SHARE)) {
    after(0, { kind: "slot" });
    return;
  }
  after(0, { kind: "page", path });
  after(0.2, { kind: "script" });
  const undecided = answer === "silent" || (answer !== undefined && page === 0);
  if (undecided) after(0.4, { kind: "ask_consent" });
  if (page === 0 && answer !== undefined && answer !== "silent") {
    const all = answer === "all";
    const granted = { analytics: answer !== "none", marketing: all, personalization: all };
    after(SECONDS_TO_ANSWER, { kind: "consent", granted });
  }
}

/** The few events of a visit that say the most, in the order in which they happen. */
function specialEvents(number: number, topic: string, chance: Chance): PlayedEvent[] {
  const traits = { email: `visitor-${number}@example.com`, first_name: "Ada", last_name: "Lind" };
  const item = {
    product_id: `${topic}-gloves`,
    name: "Wool gloves",
    category: topic,
    price: 39,
    quantity: 1,
  };
  const events: PlayedEvent[] = [];
  if (chance.hits(LOGIN_SHARE))
    events.push({
      name: "login",
      properties: { method: "password" },
      traits: { email: traits.email },
      page: "/login",
    });
  if (chance.hits(FORM_SHARE))
    events.push({ name: "form_submit", properties: { form_id: "newsletter" }, traits, page: "/newsletter" });
  const buys = chance.hits(PURCHASE_SHARE);
  if (buys || chance.hits(CART_SHARE - PURCHASE_SHARE)) {
    events.push({
      name: "add_to_cart",
      properties: { ...item, currency: "EUR" },
      page: `/products/${topic}-gloves`,
    });
  }
  if (buys) {
    const order = { order_id: `A-${number}`, value: 39, currency: "EUR", items: [item] };
    events.push({ name: "purchase", properties: order, traits, page: "/checkout" });
  }
  return events;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
