/**
 * The JSON Schema documents that are published: every event as the native protocol carries it, the release, and the
 * messages of the queues. Each field of an event keeps its `x-doorstep` mark: class, purposes, reduction.
 */
import * as z from "zod";
import { releaseSchema } from "../../contracts/definitions/release.ts";
import {
  consentStatementSchema,
  contextSchema,
  nativeEventSchema,
  traitsSchema,
} from "../../contracts/event.ts";
import type { EventContract } from "../../contracts/events/contract.ts";
import { deliveryEnvelopeSchema } from "../../contracts/messages/delivery_envelope.ts";
import { eventEnvelopeSchema } from "../../contracts/messages/event_envelope.ts";
import { receiptSchema } from "../../contracts/messages/receipt.ts";
import { EVENT_CONTRACTS } from "../../contracts/registry.ts";

/** Documents besides the events, with their version. Queue messages carry theirs as `v`. */
const OTHERS: readonly {
  name: string;
  version: string;
  description: string;
  schema: z.ZodType;
  io: "input" | "output";
}[] = [
  {
    name: "release",
    version: "1.0.0",
    description: "All marketer-editable definitions as one document.",
    schema: releaseSchema,
    io: "input",
  },
  {
    name: "event_envelope",
    version: "1.0.0",
    description: "One message of the events queue.",
    schema: eventEnvelopeSchema,
    io: "output",
  },
  {
    name: "delivery_envelope",
    version: "1.0.0",
    description: "One message of the analytics or the crm queue.",
    schema: deliveryEnvelopeSchema,
    io: "output",
  },
  {
    name: "receipt",
    version: "1.0.0",
    description: "The durable record of one decision.",
    schema: receiptSchema,
    io: "output",
  },
];

/** Text of every published file by its name, `<name>.<version>.json`. */
export function publishedSchemas(): Map<string, string> {
  const files = new Map<string, string>();
  for (const contract of Object.values<EventContract>(EVENT_CONTRACTS)) {
    files.set(
      ...document(contract.name, contract.version, contract.description, eventSchema(contract), "input"),
    );
  }
  for (const { name, version, description, schema, io } of OTHERS) {
    files.set(...document(name, version, description, schema, io));
  }
  return files;
}

/** The shared event with this contract's own name, version, properties, and the shapes that all events share. */
function eventSchema(contract: EventContract): z.ZodType {
  return nativeEventSchema.extend({
    name: z.literal(contract.name),
    version: z.literal(contract.version).optional(),
    properties: contract.properties,
    context: contextSchema.optional(),
    traits: traitsSchema.optional(),
    consent: consentStatementSchema.optional(),
  });
}

function document(
  name: string,
  version: string,
  description: string,
  schema: z.ZodType,
  io: "input" | "output",
): [string, string] {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io, target: "draft-2020-12" });
  const titled = {
    $schema,
    $id: `urn:doorstep:contract:${name}:${version}`,
    title: name,
    description,
    ...rest,
  };
  return [`${name}.${version}.json`, `${JSON.stringify(titled, null, 2)}\n`];
}
