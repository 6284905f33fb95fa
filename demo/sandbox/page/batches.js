/**
 * The panels of vendors that take many events in a request and say little of them: Meta and PostHog. One row for each
 * event, and beside the first of a request what the sandbox noted of it.
 */
import { empty, make, row, table, tag, time } from "/_sandbox/dom.js";

const SHOWN_FIELDS = 5;

const READ = {
  meta: (record) =>
    (record.body?.data ?? []).map(({ event_name, custom_data }) => ({
      name: event_name,
      fields: custom_data,
    })),
  posthog: (record) =>
    (record.body?.batch ?? []).map(({ event, properties }) => ({
      name: event,
      fields: Object.fromEntries(
        Object.entries(properties ?? {}).filter(([name]) => !/^\$(?!set|current)|^doorstep_/.test(name)),
      ),
    })),
};

/** Events of one of the two, newest first. */
export function batchTable(vendor, title, records) {
  const rows = records.flatMap((record) => {
    const events = READ[vendor](record);
    const shown = events.length > 0 ? events : [{ name: record.path, fields: {} }];
    return shown.map(({ name, fields }, position) =>
      row(
        time(record.at),
        position === 0 ? whole(record, String(name)) : String(name),
        make(
          "div",
          { class: "properties" },
          Object.entries(fields ?? {})
            .slice(0, SHOWN_FIELDS)
            .map(property),
        ),
        position === 0 ? verdict(record) : "",
      ),
    );
  });
  if (rows.length === 0)
    return empty(
      `No events at ${title} yet`,
      "Add it to the release, and allow what it needs on the demo site.",
    );
  return table(["Time", "Event", "Fields", "Answer"], rows);
}

const property = ([name, value]) => {
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return make("span", {}, make("em", {}, name), ` ${text.slice(0, 60)}`);
};

const whole = (record, summary) =>
  make(
    "details",
    { "data-key": String(record.id) },
    make("summary", {}, summary),
    make("pre", {}, JSON.stringify({ body: record.body, headers: record.headers }, null, 2)),
  );

function verdict({ status, fault, valid, error, duplicates, warnings, deleted }) {
  const tone = status === null ? "warn" : status < 300 ? "good" : "bad";
  return make(
    "div",
    {},
    tag(status === null ? (fault ?? "pending") : String(status), tone),
    valid === false ? tag(error ?? "invalid", "bad") : null,
    duplicates > 0 ? tag(`${duplicates} seen before`, "plain") : null,
    deleted === undefined ? null : tag(`deleted: ${deleted}`, "good"),
    (warnings ?? []).map((warning) => tag(warning, "warn")),
  );
}
