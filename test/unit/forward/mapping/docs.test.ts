/** The worked examples of docs/mapping.md do what they say, and may be published. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import * as z from "zod";
import { destinationSchema } from "#contracts/definitions/destination";
import { CASTS, expressionSchema, HASH_FORMS, WRITE_MODES } from "#contracts/definitions/mapping";
import { checkDestination } from "#forward/check";
import { exampleEvent } from "#forward/destinations/example-event";
import { destinationType } from "#forward/destinations/registry";
import { applyMappings } from "#forward/mapping/apply";
import { readDestinationSettings } from "#forward/secrets";

const text = readFileSync(new URL("../../../../docs/mapping.md", import.meta.url), "utf8");
const [rules = "", worked = ""] = text.split("\n## Worked examples\n");
const examples = worked.split("\n### ").slice(1);

const SECRETS: Record<string, string> = { HOOK: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", TOKEN: "x" };
const SETTINGS: Record<string, object> = {
  webhook: { url: "https://hooks.example.com/", secret: { $secret: "HOOK" } },
  ga4: { measurement_id: "G-DEMO", api_secret: { $secret: "TOKEN" } },
  hubspot: { token: { $secret: "TOKEN" } },
};
const givenSchema = z.strictObject({
  type: z.string(),
  event: z.strictObject({
    name: z.string(),
    properties: z.record(z.string(), z.unknown()),
    segments: z.array(z.string()).exactOptional(),
  }),
  traits: z.record(z.string(), z.string()).default({}),
});

it("there are three", () => expect(examples).toHaveLength(3));

it.each(examples.map((example) => [example.split("\n")[0], example]))("%s", (_title, example = "") => {
  const [mappings, given, expected] = [...example.matchAll(/```json\n(.*?)```/gs)].map(([, json = ""]) =>
    JSON.parse(json),
  );
  const { type: name, event: own, traits } = givenSchema.parse(given);
  const purposes = ["analytics", "marketing", "personalization"];
  const definition = destinationSchema.parse({
    type: name,
    queue: "crm",
    purposes,
    settings: SETTINGS[name],
    mappings,
  });
  expect(checkDestination("mine", definition, (secret) => SECRETS[secret])).toEqual([]);

  const type = destinationType(name);
  if (!type) throw new Error(`there is no type ${name}`);
  const read = readDestinationSettings(type, definition.settings, (secret) => SECRETS[secret]);
  if (!read.ok) throw new Error(read.code);
  const { settings } = read;
  const event = exampleEvent(own.name, own.properties, own);
  const made = applyMappings(
    definition.mappings,
    { event, traits, type, settings },
    type.map(event, traits, settings),
  );
  expect(made).toMatchObject({ status: "mapped", body: expected });
  const body = JSON.stringify(made);
  for (const path of definition.mappings.flatMap(({ remove }) => remove))
    expect(body).not.toContain(`"${path.split(".").at(-1)}":`);
});

it("every expression of the table is one, and every cast, form and mode is named", () => {
  const rows = [
    ...rules.matchAll(/^\| `(\{"(?:path|value|template|cast|sha256|if|first|list|each|join)".*?\})` \|/gm),
  ];
  expect(rows).toHaveLength(11);
  for (const [, written = ""] of rows) {
    // An ellipsis stands for any expression.
    const expression: unknown = JSON.parse(written.replaceAll("…", '{"value": 1}'));
    expect(expressionSchema.safeParse(expression).success, written).toBe(true);
  }
  for (const word of [...CASTS, ...HASH_FORMS, ...WRITE_MODES]) expect(rules).toContain(`\`${word}\``);
});
