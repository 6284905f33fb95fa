/** Every sentence of the visitor's page, in plain English. A translation is a second object of this shape. */
import type { Purpose } from "#contracts/taxonomy";

/** Consent managers by the name that their visitors may know. */
const MANAGERS: Readonly<Record<string, string>> = {
  onetrust: "OneTrust",
  cookiebot: "Cookiebot",
  usercentrics: "Usercentrics",
  didomi: "Didomi",
  "vanilla-cookieconsent": "the cookie banner",
};

export const TEXTS = {
  lang: "en",
  dates: "en-GB",
  title: "Your privacy choices",
  lede: "What this site may do with your visit. You can change it at any time. What the site needs to work at all is always on.",
  saved: "Saved. It holds from now on.",
  legend: "What this site may do",
  save: "Save",
  withdraw: "Withdraw everything",
  allow: "Allow everything",
  purposes: {
    analytics: ["Measurement", "Which pages are read and what is clicked, to make the site better."],
    marketing: ["Marketing", "Telling advertising and newsletter tools what you did here."],
    personalization: ["Personal pages", "Showing you stories and offers that fit what you read here."],
  } satisfies Record<Purpose, [name: string, text: string]>,
  /** Why a purpose is as it is. `when` is a date, `where` a place below. */
  why: {
    allowed: (when: string, where: string) => `You allowed it on ${when} ${where}.`,
    denied: (when: string, where: string) => `You declined it on ${when} ${where}.`,
    allowedElsewhere: (manager: string) => `Allowed by your choice in ${manager}.`,
    deniedElsewhere: (manager: string) =>
      `Denied by your choice in ${manager}. To allow it, change it there; it cannot be allowed here.`,
    unreadable: (manager: string) =>
      `Off: what ${manager} has stored in your browser cannot be read. Until it can, it cannot be allowed here.`,
    notAsked: "Off: you have not been asked yet.",
    byDefault: "On: where you are, the law allows it until you object. You have not decided yet.",
    expired: "Off: what you once allowed is too old to count.",
    gpc: "Off: your browser sends Global Privacy Control, which objects to it. If you allow it here all the same, that goes before it.",
    despiteGpc: "Your browser sends Global Privacy Control; what you decided here goes before it.",
  },
  where: {
    page: "on this page",
    banner: "in this site's banner",
    site: "on this site",
    server: "with the company itself",
    gpc: "by your browser (Global Privacy Control)",
    event: "in an app or page of this site",
    manager: (manager: string) => `in ${manager}`,
  },
  and: " and ",
  manager: (name: string) => MANAGERS[name] ?? "this site's consent manager",
  history: "Your decisions so far",
  columns: ["When", "Allowed", "Where"],
  nothing: "nothing",
  declined: (purposes: string) => `declined: ${purposes}`,
  none: "You have not decided anything yet.",
  forgotten: "Your browser keeps no id of ours now, so what was decided earlier cannot be found from here.",
  tooMany: "Only the newest are shown.",
  receipt: "Receipt of what holds now:",
} as const;
