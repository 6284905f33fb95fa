/** A type's examples, folded: the event as far as it differs from the one that all vary, and what becomes of it. */
import type { DeliveryEvent } from "#contracts/messages/delivery_envelope";
import type { DestinationExample } from "#forward/destinations/contract";
import { exampleEvent } from "#forward/destinations/example-event";
import { jsonBlock } from "../json.ts";
import type { Documented } from "./documented.ts";

/** So many are shown; of the rest the titles. */
const SHOWN = 12;

type Example = DestinationExample<unknown>;

export function examplesOf({ type, examples }: Documented): string {
  const shown = chosen(examples);
  const rest = examples.filter((example) => !shown.includes(example)).map(({ title }) => title);
  const source = `[\`examples.ts\`](../../src/forward/destinations/${type.name}/examples.ts)`;
  return [
    `Each is run as a test. An event is shown as far as it is not that of all examples
([\`example-event.ts\`](../../src/forward/destinations/example-event.ts)): an anonymous visitor of a page, who has granted everything.`,
    ...shown.map((example) => folded(example, examples[0]?.settings)),
    rest.length > 0 && `In ${source} also: ${rest.join("; ")}.`,
  ]
    .filter((part) => part !== false)
    .join("\n\n");
}

/** First one of each event and outcome, so that as much as can be is shown once. In their own order. */
function chosen(examples: readonly Example[]): Example[] {
  const kinds = new Set<string>();
  const first = examples.filter(({ event, expect }) => {
    const kind = `${event.name} ${expect.status}`;
    return !kinds.has(kind) && kinds.add(kind);
  });
  const others = examples.filter((example) => !first.includes(example));
  const taken = new Set([...first, ...others].slice(0, SHOWN));
  return examples.filter((example) => taken.has(example));
}

function folded(
  { title, event, traits, settings, expect }: Example,
  usual: Example["settings"] = {},
): string {
  const changed = Object.entries(settings).filter(([name, value]) => !same(value, usual[name]));
  return [
    `<details><summary>${escaped(title)}</summary>`,
    changed.length > 0 && `With the settings\n\n${jsonBlock(Object.fromEntries(changed))}`,
    jsonBlock({ ...differing(event), ...(traits && { traits }) }),
    expect.status === "mapped" && `becomes\n\n${jsonBlock(expect.body)}`,
    expect.status === "skipped" && `is skipped, \`${expect.reason}\`.`,
    expect.status === "failed" && `fails, \`${expect.code}\`${expect.detail ? `: ${expect.detail}` : ""}.`,
    "</details>",
  ]
    .filter((part) => part !== false)
    .join("\n\n");
}

function differing(event: DeliveryEvent): Record<string, unknown> {
  const usual = Object.entries(exampleEvent(event.name, {}));
  const changed = Object.entries(event).filter(
    ([name, value]) => !usual.some(([other, known]) => name === other && same(value, known)),
  );
  return { name: event.name, ...Object.fromEntries(changed) };
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

const escaped = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replace(/`([^`]*)`/g, "<code>$1</code>");
