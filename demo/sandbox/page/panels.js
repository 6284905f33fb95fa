/**
 * Builds the sandbox page's panels as DOM nodes from what the sandbox API answers.
 */
import { empty, make, row, table, tag, time } from "/_sandbox/dom.js";

function details(record, summary) {
  const text = JSON.stringify({ query: record.query, body: record.body, headers: record.headers }, null, 2);
  return make(
    "details",
    { "data-key": String(record.id) },
    make("summary", {}, summary),
    make("pre", {}, text),
  );
}

function statusTag(record) {
  if (record.status === null)
    return tag(record.fault === "hold" ? "held" : (record.fault ?? "pending"), "warn");
  const tone = record.status === 207 ? "warn" : record.status < 300 ? "good" : "bad";
  return make(
    "span",
    {},
    tag(String(record.status), tone),
    record.fault ? " " : null,
    record.fault ? tag(`fault: ${record.fault}`, "warn") : null,
  );
}

/** The four totals at the top. */
export function tiles({ hubspot, ga4, webhook, contacts, faults }) {
  const collected = ga4.records.filter(isCollected);
  const events = collected.flatMap((record) => record.body?.events ?? []);
  const invalid = ga4.records.filter((record) => record.valid === false).length;
  const held = Object.values(faults.held).reduce((sum, count) => sum + count, 0);
  const tile = (label, value, note, tone = "") =>
    make(
      "div",
      { class: `tile ${tone}` },
      make("p", { class: "tile__label" }, label),
      make("p", { class: "tile__value" }, String(value)),
      make("p", { class: "tile__note" }, note),
    );
  return [
    tile("HubSpot contacts", contacts.length, `${hubspot.total} requests`, "tile--hubspot"),
    tile(
      "GA4 events",
      events.length,
      invalid > 0 ? `${invalid} of ${ga4.total} requests invalid` : `${ga4.total} requests, all valid`,
      "tile--ga4",
    ),
    tile("Webhook calls", webhook.total, "Standard Webhooks signatures", "tile--webhook"),
    tile(
      "Held back",
      held,
      faults.faults.length > 0 ? `${faults.faults.length} armed` : "no fault armed",
      held > 0 ? "tile--held" : "",
    ),
  ];
}

/** HubSpot's contacts, newest first, with the properties that Doorstep filled. */
export function contactsTable(contacts) {
  if (contacts.length === 0)
    return empty(
      "No contacts yet",
      "Subscribe to the letter on the demo site, with marketing allowed, and one appears here.",
    );
  const own = [
    ...new Set(
      contacts.flatMap(({ properties }) =>
        Object.keys(properties).filter((name) => name.startsWith("doorstep_")),
      ),
    ),
  ].sort();
  const name = ({ firstname, lastname }) => [firstname, lastname].filter(Boolean).join(" ") || "—";
  return table(
    ["Contact", "Stage", "From Doorstep", "Updated"],
    contacts.map(({ id, properties, updatedAt }) =>
      row(
        make(
          "div",
          { class: "contact" },
          make("strong", {}, name(properties)),
          make("span", {}, properties.email ?? `record ${id}`),
        ),
        properties.lifecyclestage
          ? tag(properties.lifecyclestage, properties.lifecyclestage === "customer" ? "good" : "plain")
          : "—",
        make(
          "div",
          { class: "properties" },
          own
            .filter((key) => properties[key])
            .map((key) =>
              make("span", {}, make("em", {}, key.replace("doorstep_", "")), ` ${properties[key]}`),
            ),
        ),
        time(updatedAt),
      ),
    ),
  );
}

/** A panel with the deletions below it that the vendor was asked for, newest first; nothing where there was none. */
export function withDeletions(panel, deletions) {
  if (deletions.length === 0) return panel;
  const rows = deletions
    .toReversed()
    .map(({ at, by, subject, note }) =>
      row(time(at), subject ?? "—", by, tag(note, note.startsWith("no ") ? "plain" : "good")),
    );
  return make(
    "div",
    {},
    panel,
    make("h2", { class: "deletions" }, `Deletions (${deletions.length})`),
    table(["Time", "Record", "Named by", "What became of it"], rows),
  );
}

/** HubSpot's requests, newest first. */
export function requestsTable(records) {
  if (records.length === 0)
    return empty("HubSpot received nothing", "Nothing has been forwarded to the CRM since the last clear.");
  return table(
    ["Time", "Request", "Items", "Answer"],
    records.map((record) =>
      row(
        time(record.at),
        details(record, record.path.replace("/hubspot", "")),
        String(record.body?.inputs?.length ?? "—"),
        statusTag(record),
      ),
    ),
  );
}

/** Whether a request to GA4 brought events; the others ask for a token or a deletion. */
const isCollected = (record) => record.path.endsWith("/collect");

/** GA4's events, newest first, each with the verdict on its request. */
export function ga4Table(received) {
  const records = received.filter(isCollected);
  if (records.length === 0)
    return empty("No events at GA4 yet", "Allow measurement on the demo site and open a story.");
  const rows = records.flatMap((record) => {
    const events =
      Array.isArray(record.body?.events) && record.body.events.length > 0
        ? record.body.events
        : [{ name: "(no event)" }];
    return events.map((event, position) => {
      const params = Object.entries(event.params ?? {})
        .filter(([name]) => !["items", "session_id", "engagement_time_msec"].includes(name))
        .slice(0, 5);
      const shown = make(
        "div",
        { class: "properties" },
        params.map(([name, value]) =>
          make("span", {}, make("em", {}, name), ` ${String(value).slice(0, 60)}`),
        ),
      );
      return row(
        time(record.at),
        position === 0 ? details(record, event.name) : event.name,
        shown,
        position === 0 ? verdict(record) : "",
      );
    });
  });
  return table(["Time", "Event", "Parameters", "Verdict"], rows);
}

function verdict(record) {
  if (record.valid === undefined) return statusTag(record);
  const findings = (record.validationMessages ?? []).map(({ fieldPath, description }) =>
    make("li", {}, make("em", {}, fieldPath), ` ${description}`),
  );
  return make(
    "div",
    {},
    tag(record.valid ? "valid" : "invalid", record.valid ? "good" : "bad"),
    record.debug ? tag("debug") : null,
    findings.length > 0 ? make("ul", { class: "findings" }, findings) : null,
  );
}

const count = (number, what) => `${number} ${what}${number === 1 ? "" : what.endsWith("s") ? "es" : "s"}`;

/** The webhook's calls, newest first. */
export function webhookTable(records) {
  if (records.length === 0)
    return empty(
      "No webhook calls yet",
      "Signed calls to /webhook are listed here, with what the signature check said.",
    );
  return table(
    ["Time", "Call", "Signature", "Answer"],
    records.map((record) => {
      const signature =
        record.valid === undefined
          ? "—"
          : record.valid
            ? tag(record.duplicate ? "valid, seen before" : "valid", "good")
            : tag(record.error, "bad");
      const { erasure } = record;
      const name = record.body?.type ?? record.body?.event ?? record.headers["webhook-id"] ?? record.path;
      return row(
        time(record.at),
        make(
          "div",
          {},
          details(record, String(typeof name === "string" ? name : record.path)),
          erasure
            ? tag(
                `erased: ${count(erasure.subjects, "profile")}, ${count(erasure.emails, "address")}`,
                "good",
              )
            : null,
        ),
        signature,
        statusTag(record),
      );
    }),
  );
}

/** The armed faults and what is held. */
export function armedList({ faults, held }) {
  const items = faults.map(({ vendor, mode, remaining, count }) =>
    make(
      "li",
      {},
      make("strong", {}, vendor),
      tag(mode, "warn"),
      make("span", {}, `${remaining} of ${count} left`),
    ),
  );
  const waiting = Object.entries(held).map(([vendor, count]) =>
    make("li", {}, make("strong", {}, vendor), tag("held", "warn"), make("span", {}, `${count} waiting`)),
  );
  return items.length + waiting.length > 0
    ? [...waiting, ...items]
    : [make("li", { class: "none" }, "Nothing. Every vendor is well.")];
}
