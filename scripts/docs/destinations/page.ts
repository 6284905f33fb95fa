/** One type's page of docs/destinations/, whole. Called by ../pages.ts, and by the test of what is scaffolded. */
import { WRITE_MODES } from "#contracts/definitions/mapping";
import { takesModes } from "#forward/mapping/modes";
import { jsonBlock } from "../json.ts";
import { table } from "../markers.ts";
import type { Documented } from "./documented.ts";
import { examplesOf } from "./examples.ts";
import { healthOf } from "./health.ts";
import { settingsTable } from "./settings.ts";

const FOLDER = "../../src/forward/destinations";

/** Markdown with a newline at its end. */
export async function pageOf(documented: Documented): Promise<string> {
  const { type, about } = documented;
  const sections: [title: string, text: string | false][] = [
    ["Set up", setup(documented)],
    ["Settings", settingsTable(documented)],
    ["What it needs", needs(documented)],
    [
      "Events",
      table(
        ["ours", "there"],
        about.events.map(({ event, becomes }) => [event, becomes]),
      ),
    ],
    ["Examples", examplesOf(documented)],
    ["Consent and personal data", about.consent],
    ["Limits", limits(documented)],
    ["Repetitions", `${type.deduplicates ? "" : "**May repeat.** "}${about.idempotency}`],
    ["Write modes", writeModes(documented)],
    [
      "Answers",
      table(
        ["the vendor", "the item"],
        about.answers.map(({ answer, becomes }) => [answer, becomes]),
      ),
    ],
    ["Deletion", about.deletion],
    ["Health", await healthOf(documented)],
    ["Notes", about.notes ?? false],
  ];
  return `${[
    `<!-- Made by \`npm run docs\` of src/forward/destinations/${type.name}/: change it there. -->`,
    `# ${type.title}`,
    about.summary,
    `Type \`${type.name}\`; code in [\`src/forward/destinations/${type.name}/\`](${FOLDER}/${type.name}). It speaks ${about.apiVersion}. Built by
${about.sources.map(({ title, url }) => `[${title}](${url})`).join(", ")}.`,
    ...sections.flatMap(([title, text]) => (text === false ? [] : [`## ${title}`, text])),
  ].join("\n\n")}\n`;
}

const setup = ({ about }: Documented): string =>
  `${about.setup}

In the release, under \`destinations\` and a key of your own:

${jsonBlock(about.definition)}`;

function needs({ type }: Documented): string {
  const purposes = type.needs.map((purpose) => `\`${purpose}\``).join(" and ");
  return [
    purposes
      ? `- **Needs ${purposes}**: a release whose definition does not name it is refused, and an event without consent for it never goes there.`
      : "- **Needs no purpose of its own**: `purposes` of the definition say what the receiver does, and one at least must be named.",
    type.needsPersonal
      ? "- Personal traits only where the definition also names `marketing` and it was granted; they travel sealed and are opened just before the request."
      : "- No personal trait: it does not even receive them.",
    type.changes
      ? "- Takes [changes of profiles](../profile-changes.md): `changes` of the definition chooses segments, stage, score and traits."
      : "- Takes no changes of profiles.",
    "- What it makes of an event can be changed by the release's [mappings](../mapping.md).",
  ].join("\n");
}

function limits({ type, about }: Documented): string {
  const { perRequest, requestsPerSecond, concurrency } = type.limits;
  return `Doorstep sends at most ${plural(perRequest, "item")} in a request, ${plural(requestsPerSecond, "request")} a second, and ${plural(concurrency, "batch", "batches")} at
the same time. \`limits\` of the definition (\`requestsPerSecond\`, \`concurrency\`) says less, where your account has less.

${table(
  ["limit", "what is beyond it"],
  about.limits.map(({ limit, effect }) => [limit, effect]),
)}`;
}

const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

function writeModes({ type }: Documented): string | false {
  const { records = [] } = type;
  if (records.length === 0) return false;
  const paths = records.map((path) => `\`${path}.…\``).join(", ");
  if (!takesModes(type))
    return `The vendor keeps ${paths} as a record and has no write modes: what comes last stands there. A mapping of an unverified event sets nothing in it.`;
  const modes = WRITE_MODES.map((mode) => `\`${mode}\``).join(", ");
  return `The vendor keeps ${paths} as a record. A mapping may say for each field there how it is written (${modes}):
\`"modes": { "${records[0]}.x": "if_empty" }\`, see [mapping](../mapping.md). What is claimed and not proved only ever fills what is empty.`;
}
