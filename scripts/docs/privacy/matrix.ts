/**
 * The field × purpose × destination matrix of docs/privacy.md. A destination receives a field where it takes the event
 * and one of its purposes is one of the field's; personal traits, where it can use them and serves marketing.
 */
import type * as z from "zod";
import type { DestinationDefinition } from "../../../contracts/definitions/destination.ts";
import type { ReleaseDocument } from "../../../contracts/definitions/release.ts";
import { contentSchema, contextSchema, itemSchema, traitsSchema } from "../../../contracts/event.ts";
import type { EventContract } from "../../../contracts/events/contract.ts";
import type { FieldRule } from "../../../contracts/fields.ts";
import { PURPOSES } from "../../../contracts/taxonomy.ts";
import { destinationType } from "../../../src/forward/destinations/registry.ts";
import { table } from "../markers.ts";
import { DOOR_FIELDS, type Field, fieldsOf, sharedBelow } from "./fields.ts";

type Destinations = readonly (readonly [key: string, definition: DestinationDefinition])[];

const YES = "✓";
const NO = "";

/** Shapes that many events have, shown in a table of their own. */
const SHARED = new Map<z.ZodType, string>([
  [contentSchema(), "content.*"],
  [itemSchema(), "items[].*"],
]);

/** Of one row: the treatment that its fields have in common. */
const TREATMENT = ["class", ...PURPOSES, "scrubbed"] as const;

const REDUCTIONS: Readonly<Record<NonNullable<FieldRule["reduce"]>, string>> = {
  url: "as a URL",
  text: "as text",
};

const treatment = ({ class: kind, purposes, hashedFor, reduce }: FieldRule): string[] => [
  kind,
  ...PURPOSES.map((purpose) =>
    purposes.includes(purpose) ? YES : hashedFor?.includes(purpose) ? "hash" : NO,
  ),
  reduce ? REDUCTIONS[reduce] : "",
];

const enabled = ({ destinations }: ReleaseDocument): Destinations =>
  Object.entries(destinations).filter(([, { enabled }]) => enabled);

const serves = (definition: DestinationDefinition, { purposes }: FieldRule): boolean =>
  purposes.some((purpose) => definition.purposes.includes(purpose));

const takes = ({ events }: DestinationDefinition, event: string): boolean =>
  events.length === 0 || events.includes(event);

const headOf = (first: readonly string[], destinations: Destinations): string[] => [
  ...first,
  ...TREATMENT,
  ...destinations.map(([key]) => `→ \`${key}\``),
];

const reach = (destinations: Destinations, rule: FieldRule, event?: string): string[] =>
  destinations.map(([, definition]) =>
    (event === undefined || takes(definition, event)) && serves(definition, rule) ? YES : NO,
  );

const code = (text: string): string => (text === "" ? "" : `\`${text.replaceAll(", ", "`, `")}\``);

/** Fields of one treatment in one row, in the order in which the first of each stands. */
function byTreatment(fields: readonly Field[]): { names: string[]; rule: FieldRule }[] {
  const rows = new Map<string, { names: string[]; rule: FieldRule }>();
  for (const { path, rule } of fields) {
    const key = treatment(rule).join("\n");
    const row = rows.get(key);
    if (row) row.names.push(path);
    else rows.set(key, { names: [path], rule });
  }
  return [...rows.values()];
}

/** What all events share: what the sender says of the moment, then what the door adds. */
export function contextMatrix(release: ReleaseDocument): string {
  const destinations = enabled(release);
  const sent = byTreatment(fieldsOf(contextSchema(), "")).map(({ names, rule }) => [
    "sender",
    code(names.join(", ")),
    ...treatment(rule),
    ...reach(destinations, rule),
  ]);
  const added = Object.values(DOOR_FIELDS).map(({ shown, rule, as }) => {
    const cells = treatment(rule);
    cells[cells.length - 1] = as;
    return ["door", code(shown), ...cells, ...reach(destinations, rule)];
  });
  return table(headOf(["from", "`context.`"], destinations), [...sent, ...added]);
}

/** A person's own data. */
export function traitMatrix(release: ReleaseDocument): string {
  const destinations = enabled(release);
  const rows = fieldsOf(traitsSchema(), "").map(({ path, rule }) => [
    code(path),
    ...treatment(rule).slice(0, -1),
    ...destinations.map(([, definition]) =>
      (destinationType(definition.type)?.needsPersonal ?? false) && definition.purposes.includes("marketing")
        ? YES
        : NO,
    ),
  ]);
  const head = headOf(["`traits.`"], destinations).filter((name) => name !== "scrubbed");
  return table(head, rows);
}

/** Each event's own fields, and the names of the shared shapes that it has. */
export function eventMatrix(contracts: readonly EventContract[], release: ReleaseDocument): string {
  const destinations = enabled(release);
  const rows = contracts.flatMap(({ name, properties }) => {
    const own = byTreatment(fieldsOf(properties, "", SHARED));
    const shared = code(sharedBelow(properties, SHARED).join(", "));
    if (own.length === 0) {
      const received = destinations.map(([, definition]) => (takes(definition, name) ? YES : NO));
      return [[code(name), "", shared, ...TREATMENT.map(() => ""), ...received]];
    }
    return own.map(({ names, rule }, i) => [
      i === 0 ? code(name) : "",
      code(names.join(", ")),
      i === 0 ? shared : "",
      ...treatment(rule),
      ...reach(destinations, rule, name),
    ]);
  });
  return table(headOf(["event", "`properties.`", "and"], destinations), rows);
}

/** The shapes that many events have. */
export function sharedMatrix(release: ReleaseDocument): string {
  const destinations = enabled(release);
  const rows = [...SHARED].flatMap(([schema, name]) =>
    byTreatment(fieldsOf(schema, "")).map(({ names, rule }, i) => [
      i === 0 ? code(name) : "",
      code(names.join(", ")),
      ...treatment(rule),
      ...reach(destinations, rule),
    ]),
  );
  return table(headOf(["shape", "fields"], destinations), rows);
}
