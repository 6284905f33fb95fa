/**
 * The answer to an access request as a page: headings, lists and tables that can be read without style or script, printed,
 * and listened to. Every value is escaped; the policy allows no script, no request and no frame. Pure; called by results.ts,
 * which sends the sections one after the other.
 */
import type {
  AccessEvent,
  ExportDelivery,
  ExportHead,
  QuarantinedEvent,
} from "#contracts/messages/subject_export";
import { PAGE_STYLE, PAGE_STYLE_HASH } from "./export-style.ts";
import {
  consentWords,
  decisionWord,
  kindWord,
  outcomeWord,
  purposeWord,
  spoken,
  traitWord,
} from "./export-words.ts";

/** The style is named by its hash: nothing else may be applied, run, loaded or sent. */
export const PAGE_POLICY = [
  "default-src 'none'",
  `style-src '${PAGE_STYLE_HASH}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const ENTITIES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A value as text of an element or of a quoted attribute. */
const text = (value: unknown): string => String(value).replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char);

/** A time as a person reads it, with the exact one for machines. */
const time = (iso: string | null): string =>
  iso === null ? "–" : `<time datetime="${text(iso)}">${text(iso.slice(0, 16).replace("T", " "))} UTC</time>`;

const mono = (value: string): string => `<code>${text(value)}</code>`;

/** A value of an event, whatever it is, one field a line. */
function value(given: unknown): string {
  if (given === null || given === undefined) return "–";
  if (typeof given !== "object") return text(given);
  const entries = Object.entries(given);
  if (entries.length === 0) return "–";
  const items = Array.isArray(given)
    ? given.map(value)
    : entries.map(([name, one]) => `${text(spoken(name))}: ${value(one)}`);
  return `<ul>${items.map((item) => `<li>${item}</li>`).join("")}</ul>`;
}

const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  `<div class="scroll"><table><thead><tr>${heads.map((head) => `<th scope="col">${head}</th>`).join("")}</tr></thead><tbody>
${rows.map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`).join("\n")}
</tbody></table></div>
`;

const section = (id: string, title: string, lede: string, body: string): string =>
  `<h2 id="${id}">${title}</h2>\n<p>${lede}</p>\n${body}`;

/** A table, or a sentence where it would be empty. */
const list = (heads: readonly string[], rows: readonly (readonly string[])[], none: string): string =>
  rows.length > 0 ? table(heads, rows) : `<p class="none">${none}</p>\n`;

/** What is told of what is held: that it is, and how much. */
function heldLine({ failed_deliveries, waiting_deliveries, failed_events }: ExportHead["held"]): string {
  const count = failed_deliveries + waiting_deliveries + failed_events;
  return count === 0
    ? ""
    : `<p>Not worked off, and kept sealed until it is: ${failed_deliveries} that a service did not take, ${waiting_deliveries} that wait for one, ${failed_events} that could not be read or recorded.</p>\n`;
}

/** What a service was told of the person as such, besides single events. */
function toldLine({ recipient, segments, stage, score, traits }: ExportHead["told"][number]): string {
  const parts = [
    ...(segments.length > 0 ? [`groups: ${segments.join(", ")}`] : []),
    ...(stage === null ? [] : [`stage: ${spoken(stage)}`]),
    ...(score === null ? [] : [`score: ${score}`]),
    ...traits.map(traitWord),
  ];
  return `<p>${text(recipient)} was told of you: ${text(parts.join("; ") || "nothing")}.</p>\n`;
}

/** The beginning of the page, up to the events. */
export function pageOfHead({ request, ...head }: ExportHead): string {
  const isDevice = request.about === "device";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Your data</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<main>
<h1>Your data</h1>
<p>This is everything that is kept of ${isDevice ? "this browser" : "you"} in Doorstep, as of ${time(request.made_time)}. You asked for it on ${time(request.received_time)}. If you have a question about it, name the request ${mono(request.subject_request_id)}.</p>
${isDevice ? "<p>Nobody proved who they are, so that it has nothing that somebody typed into this browser: another person may have.</p>\n" : ""}${section(
  "traits",
  "What is known about you",
  "What you told us, or a service that you use told us of you.",
  list(
    ["What", "Value", "How it is known"],
    head.traits.map((one) => [
      text(traitWord(one.field)),
      text(one.value),
      one.proved ? "proved" : "typed into a browser, not proved",
    ]),
    isDevice ? "Not shown for a browser." : "Nothing.",
  ),
)}${section(
  "conclusions",
  "What was concluded from what you did",
  "Numbers, and groups that you belong to. They decide which content and offers you are shown.",
  list(
    ["What", "Value", "For"],
    head.features.map((one) => [text(spoken(one.name)), value(one.value), text(purposeWord(one.purpose))]),
    "No numbers.",
  ) +
    list(
      ["Group", "What it means", "For"],
      head.segments.map((one) => [
        text(one.name),
        text(one.description || "–"),
        text(purposeWord(one.purpose)),
      ]),
      "You belong to no group.",
    ) +
    list(
      ["When", "Group", "Change"],
      head.segment_history.map((one) => [time(one.at), text(one.name), text(one.change)]),
      "No change of a group is remembered.",
    ) +
    list(
      ["List", "What it means"],
      head.lists.map((one) => [text(one.name), text(one.description || "–")]),
      "Nobody has put you on a list.",
    ),
)}${section(
  "consents",
  "What you decided",
  "Every decision on what your data may be used for, newest first.",
  list(
    ["When", "Decision", "How", "Until"],
    head.consents.map((one) => [
      time(one.at),
      Object.entries(one.purposes)
        .map(([purpose, decision]) => text(`${purposeWord(purpose)}: ${decisionWord(decision)}`))
        .join("<br>"),
      text(spoken(one.source)),
      time(one.expires_at),
    ]),
    "No decision is recorded.",
  ),
)}${section(
  "recipients",
  "Who may receive it",
  "Services that data is sent to where you allow it. What was sent stands under “What was sent on”.",
  list(
    ["Service", "For", "What"],
    head.recipients.map((one) => [
      `${text(one.name)} (${text(one.what)})`,
      text(one.purposes.map(purposeWord).join(", ")),
      one.events.length > 0 ? text(one.events.map(spoken).join(", ")) : "any event",
    ]),
    "Nobody.",
  ) +
    head.told.map(toldLine).join("") +
    heldLine(head.held),
)}${section(
  "identifiers",
  "How you are recognised",
  "Identifiers are kept as hashes with a key of ours. A hash cannot be turned back, and means nothing to others.",
  list(
    ["Kind", "Hash", "Last seen"],
    head.identifiers.map((one) => [
      `${text(kindWord(one.namespace))}${one.claimed ? " (typed into a browser, not proved)" : ""}`,
      mono(one.key),
      time(one.last_seen),
    ]),
    "Nothing is kept under any identifier of yours.",
  ),
)}${section(
  "links",
  "Why these are taken for one person's",
  "The evidence by which identifiers were joined, or were not.",
  list(
    ["Between", "Why", "When", "Source", "State"],
    head.links.map((one) => [
      one.between.map(mono).join("<br>"),
      text(one.why),
      time(one.at),
      text(one.source),
      text(one.state),
    ]),
    "There is none.",
  ),
)}`;
}

const row = (at: string, title: string, body: string): string =>
  `<article><h3>${title}</h3><p>${time(at)}</p>${body}</article>\n`;

/** @param isFirst its heading goes before it */
export function pageOfEvents(events: readonly AccessEvent[], isFirst: boolean): string {
  const rows = events.map((one) => {
    const sent = Object.entries(one.routed).map(
      ([name, fate]) => `<li>${text(name)}: ${text(outcomeWord(fate))}</li>`,
    );
    const parts = [
      `<dt>From</dt><dd>${text(one.source)}</dd>`,
      `<dt>What happened</dt><dd>${value(one.properties)}</dd>`,
      `<dt>Where and with what</dt><dd>${value(one.context)}</dd>`,
      `<dt>Consent</dt><dd>${text(consentWords(one.consent) ?? "–")}</dd>`,
      sent.length > 0 ? `<dt>Sent to</dt><dd><ul>${sent.join("")}</ul></dd>` : "",
    ];
    return row(one.occurred_at, text(spoken(one.name)), `<dl>${parts.join("")}</dl>`);
  });
  const title = section("events", "What you did", "Every event that is kept, with all that it says.", "");
  return (isFirst ? title : "") + rows.join("");
}

export function pageOfDeliveries(deliveries: readonly ExportDelivery[], isFirst: boolean): string {
  const rows = deliveries.map((one) => [
    time(one.at),
    text(one.destination),
    text(outcomeWord(one.outcome)) + (one.code === undefined ? "" : ` (${text(spoken(one.code))})`),
    mono(one.event_id),
  ]);
  const body = table(["When", "Service", "What became of it", "Event"], rows);
  return isFirst ? section("deliveries", "What was sent on", "Each answer of a service.", body) : body;
}

export function pageOfQuarantined(events: readonly QuarantinedEvent[], isFirst: boolean): string {
  const lede =
    "These could not be taken as they came, and are kept for some days for repair. Nothing was made of them.";
  const rows = events.map((one) => {
    const body = `<p>${text(spoken(one.status))}, from ${text(one.source)}</p>${value(one.kept)}`;
    return row(one.received_at, text(spoken(one.name)), body);
  });
  return (isFirst ? section("quarantined", "What was held back", lede, "") : "") + rows.join("");
}

/** The section of what there is none of: that there is nothing has to be said, too. */
export const pageOfNone = (kind: "events" | "deliveries" | "quarantined"): string =>
  kind === "events"
    ? section("events", "What you did", '<span class="none">No event of yours is kept.</span>', "")
    : kind === "deliveries"
      ? section("deliveries", "What was sent on", '<span class="none">Nothing was.</span>', "")
      : section("quarantined", "What was held back", '<span class="none">Nothing is.</span>', "");

export const pageEnd = (): string => "</main>\n</body>\n</html>\n";
