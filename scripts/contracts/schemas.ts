/**
 * The JSON Schema documents that are published: every live version of the registry's contracts, the release, and the
 * messages of the queues.
 */
import type * as z from "zod";
import { releaseSchema } from "../../contracts/definitions/release.ts";
import { liveContracts, schemaDocument } from "../../contracts/json-schema.ts";
import { customerMessageSchema } from "../../contracts/messages/customer_message.ts";
import { deliveryEnvelopeSchema } from "../../contracts/messages/delivery_envelope.ts";
import { eventEnvelopeSchema } from "../../contracts/messages/event_envelope.ts";
import { profileChangeSchema } from "../../contracts/messages/profile_change.ts";
import { receiptSchema } from "../../contracts/messages/receipt.ts";

/** Documents besides the registry's, with their version. Queue messages carry theirs as `v`. */
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
    name: "customer_message",
    version: "1.0.0",
    description: "One message of a queue of the customer's own.",
    schema: customerMessageSchema,
    io: "output",
  },
  {
    name: "profile_change",
    version: "1.0.0",
    description: "What a delivery item of the name `profile_change` says in its properties.",
    schema: profileChangeSchema,
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
  const add = (name: string, version: string, document: object) => {
    const file = `${name}.${version}.json`;
    if (files.has(file)) throw new Error(`two contracts are called ${name} ${version}`);
    files.set(file, `${JSON.stringify(document, null, 2)}\n`);
  };
  for (const { name, description, versions } of liveContracts()) {
    for (const { version, schema } of versions)
      add(name, version, schemaDocument({ name, version, description }, schema(), "input"));
  }
  for (const { schema, io, ...about } of OTHERS)
    add(about.name, about.version, schemaDocument(about, schema, io));
  return files;
}
