/** docs/destinations/README.md: all types side by side. */
import { table } from "../markers.ts";
import type { Documented } from "./documented.ts";

export const overview = (
  all: readonly Documented[],
): string => `<!-- Made by \`npm run docs\` of src/forward/destinations/: change it there. -->

# Destinations

Where events, and changes of profiles, can be sent. A release names its destinations under keys of its own, several of one type if
need be; each is delivered apart from all others. [Writing a destination](writing.md) says how to add a type.

${table(
  [
    "destination",
    "queue",
    "needs",
    "traits",
    "changes",
    "repetitions",
    "deletion",
    "items a request",
    "requests a second",
  ],
  all.map(({ type, about }) => [
    `[${type.title}](${type.name}.md)`,
    `\`${String(about.definition.queue)}\``,
    type.needs.map((purpose) => `\`${purpose}\``).join(", ") || "any",
    tick(type.needsPersonal),
    tick(type.changes),
    type.deduplicates ? "have no second effect" : "may count twice",
    type.erase ? "asked for" : "not offered",
    String(type.limits.perRequest),
    String(type.limits.requestsPerSecond),
  ]),
)}

*Queue* is the one that its example names: \`analytics\` and \`crm\` are drained apart from one another, and a definition may name either.
*Traits*: it can use personal traits. *Changes*: it takes changes of profiles. *Deletion*: what the vendor offers for one person, and what
for that must be set up, is on each page.
`;

const tick = (is: boolean): string => (is ? "✓" : "");
