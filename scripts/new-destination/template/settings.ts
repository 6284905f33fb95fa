/** Settings of an account of Acme Tool. */
import * as z from "zod";

/** Who may get the token: those hosts, and what is under them. */
export const ACME_TOOL_HOSTS = ["acme-tool.example"];

export const acmeToolSettings = z.strictObject({
  token: z.string().min(1).max(500).meta({
    title: "Access token",
    description: "Of an account that may write events and delete people.",
  }),
  endpoint: z
    .url({ protocol: /^https?$/ })
    .default("https://api.acme-tool.example")
    .meta({
      title: "Endpoint",
      description: "The vendor's API. The token goes to no other host (in local development to any).",
    }),
});

export type AcmeToolSettings = z.infer<typeof acmeToolSettings>;
