/**
 * Who a played visitor is: where from, with what browser, through which campaign, how they answer the
 * consent question, and what they came to do. Everything comes from a seeded generator, so that the same
 * visitor number is the same person every time; the run's id keeps their addresses apart from other runs.
 */

/** What one visitor is like. */
export type Persona = {
  userAgent: string;
  language: string;
  country: string | null;
  globalPrivacyControl: boolean;
  landing: string;
  referrer: string;
  topic: string;
  articles: number;
  consent: "all" | "none" | "measurement" | "silent";
  intent: "read" | "subscribe" | "cart" | "buy" | "buy_again";
  signsIn: boolean;
  /** Pages of `/try` that they open. */
  curious: readonly string[];
  /** Whether they click offers. */
  clicks: boolean;
  email: string;
  firstName: string;
  lastName: string;
};

const USER_AGENTS = [
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Safari/605.1.15",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Mobile/15E148 Safari/604.1",
  "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
  "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
];

const CAMPAIGNS = [
  { query: "", referrer: "" },
  { query: "", referrer: "https://www.google.com/" },
  { query: "?utm_source=newsletter&utm_medium=email&utm_campaign=sunday-letter", referrer: "" },
  {
    query: "?utm_source=instagram&utm_medium=social&utm_campaign=autumn-issue",
    referrer: "https://l.instagram.com/",
  },
  {
    query: "?utm_source=google&utm_medium=cpc&utm_campaign=dry-bags&utm_term=dry+bag",
    referrer: "https://www.google.com/",
  },
  { query: "", referrer: "https://duckduckgo.com/" },
];

const FIRST_NAMES = [
  "Ada",
  "Tove",
  "Mina",
  "Jonas",
  "Petra",
  "Lukas",
  "Freya",
  "Samir",
  "Nora",
  "Emil",
  "Zuzana",
  "Otto",
];
const LAST_NAMES = ["Lind", "Novak", "Berg", "Haas", "Rossi", "Kovac", "Dahl", "Moreau", "Weber", "Ruud"];

const CURIOUS = ["segments", "decisions", "ranking", "templates", "cart", "content"];

/** The visitor of this number. `runId` makes e-mail addresses unique to a run. */
export function personaOf(number: number, runId: string): Persona {
  const random = seeded(number + 1);
  const pick = <T>(values: readonly [T, ...T[]] | readonly T[]): T =>
    values[Math.floor(random() * values.length)] as T; // Never empty: all lists are constants above.
  const country = pick([null, "SK", "SK", "DE", "NO", "US", "US"]);
  const campaign = pick(CAMPAIGNS);
  const firstName = pick(FIRST_NAMES);
  const lastName = pick(LAST_NAMES);
  const roll = random();
  return {
    userAgent: pick(USER_AGENTS),
    language: country === "DE" ? "de-DE" : country === "SK" ? "sk-SK" : country === "US" ? "en-US" : "en-GB",
    country,
    globalPrivacyControl: random() < 0.08,
    landing: `/${campaign.query}`,
    referrer: campaign.referrer,
    topic: pick(["climbing", "climbing", "sailing", "winter"]),
    articles: 1 + Math.floor(random() * 3),
    consent: roll < 0.66 ? "all" : roll < 0.8 ? "none" : roll < 0.92 ? "measurement" : "silent",
    intent: pick(["read", "read", "read", "subscribe", "subscribe", "cart", "buy", "buy_again"]),
    signsIn: random() < 0.1,
    curious: CURIOUS.filter(() => random() < 0.25),
    clicks: random() < 0.3,
    email: `${firstName}.${lastName}.${runId}${number}@example.com`.toLowerCase(),
    firstName,
    lastName,
  };
}

function seeded(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}
