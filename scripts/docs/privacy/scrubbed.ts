/** What scrubbing and minimisation do, shown by doing it: the examples of docs/privacy.md are run when they are written. */
import { minimise, minimiseRules } from "../../../src/consent/minimise.ts";
import { scrubText, scrubUrl } from "../../../src/consent/scrub.ts";
import { table } from "../markers.ts";
import { demoRelease } from "./inputs.ts";

const TEXTS = [
  ["an e-mail address, of any script, encoded or not", "Order of ida@example.com"],
  ["the same with characters that stand for those of ASCII", "ida＠example．com, ０９０５１２３４５６"],
  ["a phone number with + or 00", "call +421 905 123 456"],
  ["a phone number with its leading 0", "0905/123 456"],
  ["a phone number in the groups of North America", "(234) 567-8901"],
  ["a phone number in three groups of three", "777 123 456"],
  ["any number after a word such as tel, phone, mobil", "tel. 905123456"],
  ["a payment card's number, by Luhn's check digit", "4111 1111 1111 1111"],
  [
    "a bank account's number (IBAN), by its country's length and check digits",
    "SK31 1200 0000 1987 4263 7541",
  ],
  ["a national id of CZ and SK, PL, BR, by its form and check digits", "845512/1004"],
  ["a token: signed, or a long run as if drawn by lot", "d41d8cd98f00b204e9800998ecf8427e"],
] as const;

const URLS = [
  ["credentials", "https://ida:secret@shop.example/"],
  ["a number behind `tel:`, `sms:` …", "tel:0905123456"],
  ["a UUID in a path", "/orders/0f8fad5b-d9cb-469f-a165-70867728950e"],
  [
    "parameters that neither a campaign nor the release names; fragments",
    "/search?q=gloves&utm_source=news#top",
  ],
  ["ids of ad clicks, without marketing", "/?gclid=Cj0KCQ"],
] as const;

/** What is found, by example. */
export function foundTable(): string {
  const cell = (text: string) => `\`${text}\``;
  const rows = [
    ...TEXTS.map(([what, text]) => [
      what,
      "texts, paths, values of queries",
      cell(text),
      cell(scrubText(text).text),
    ]),
    ...URLS.map(([what, url]) => [what, "URLs", cell(url), cell(scrubUrl(url, false).text)]),
  ];
  for (const [what, , before, after] of rows)
    if (before === after) throw new Error(`nothing is found in the example of ${what}`);
  return table(["what", "in", "before", "after"], rows);
}

const EXAMPLE = {
  properties: { search_term: "gloves ida@example.com", results: 12, shopper: "Ida" },
  context: {
    page: {
      url: "https://shop.example/search?q=gloves&utm_source=newsletter&gclid=Cj0KCQ",
      title: "Search: gloves, call 0905 123 456",
      referrer: "https://mail.example/inbox/ida%40example.com",
    },
    click_ids: { gclid: "Cj0KCQ" },
    screen: { width: 2560 },
  },
};

/** One event with analytics granted and marketing denied, under the demo's policy. */
export function workedExample(): string {
  const { removed, ...kept } = minimise(
    "search",
    EXAMPLE,
    EXAMPLE,
    ["analytics"],
    minimiseRules(demoRelease().policy),
  );
  const json = (value: unknown) => `\`\`\`json\n${JSON.stringify(value, null, 2)}\n\`\`\``;
  return [
    "Sent:",
    json({ name: "search", ...EXAMPLE }),
    "Accepted:",
    json({ name: "search", ...kept }),
    "and the receipt says what is gone, by path and never by value:",
    table(
      ["path", "action", "reason"],
      removed.map(({ path, action, reason }) => [`\`${path}\``, action, `\`${reason}\``]),
    ),
  ].join("\n\n");
}
