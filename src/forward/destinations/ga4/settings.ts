/** Settings of a GA4 web stream. Both its ids are in GA4 under Admin, Data streams, your stream. */
import * as z from "zod";

/** Who may get the API secret, and who the service account's signature. */
export const GA4_HOSTS = ["google-analytics.com"];
export const GOOGLE_API_HOSTS = ["googleapis.com"];

/** What is needed of a service account's key file. */
const accountSchema = z.object({ client_email: z.email(), private_key: z.string().startsWith("-----BEGIN") });
export type ServiceAccount = z.infer<typeof accountSchema>;

/** The text of the key file that Google gives out. */
const keyFile = z
  .string()
  .max(10_000)
  .transform((text, context): ServiceAccount => {
    const account = readAccount(text);
    if (account) return account;
    context.addIssue({ code: "custom", message: "must be the JSON key file of a service account" });
    return z.NEVER;
  });

function readAccount(text: string): ServiceAccount | undefined {
  try {
    return accountSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

export const ga4Settings = z
  .strictObject({
    measurement_id: z
      .string()
      .regex(/^G-[A-Z0-9]{2,20}$/, "must be a measurement id such as G-ABC123")
      .meta({ title: "Measurement id", description: "Of the web stream, `G-…`." }),
    api_secret: z.string().min(1).max(200).meta({
      title: "API secret",
      description: "From the stream's *Measurement Protocol API secrets*. It goes to no host but Google's.",
    }),
    endpoint: z
      .url({ protocol: /^https?$/ })
      .default("https://www.google-analytics.com")
      .meta({
        title: "Endpoint",
        description:
          "`https://region1.google-analytics.com` collects in the EU. The secret goes to no other host (in local development to any).",
      }),
    user_id: z.boolean().default(false).meta({
      title: "User id",
      description:
        "Send a `user_id` of persons who are logged in, so that GA4 counts them by it: a number derived from the profile, never an id of yours.",
    }),
    property_id: z
      .string()
      .regex(/^\d{4,15}$/, "must be the number of a property")
      .optional()
      .meta({
        title: "Property id",
        description: "For deletion, with the service account: Admin, Property details, *Property ID*.",
      }),
    service_account: keyFile.optional().meta({
      title: "Service account",
      description: "For deletion: the JSON key file of an account that is an editor of the property.",
    }),
    token_endpoint: z
      .url({ protocol: /^https?$/ })
      .default("https://oauth2.googleapis.com/token")
      .meta({ title: "Token endpoint", description: "Google's own; another one is for a sandbox." }),
    deletion_endpoint: z
      .url({ protocol: /^https?$/ })
      .default("https://analyticsadmin.googleapis.com")
      .meta({ title: "Deletion endpoint", description: "Google's own; another one is for a sandbox." }),
  })
  .refine((settings) => (settings.property_id === undefined) === (settings.service_account === undefined), {
    path: ["service_account"],
    message: "property_id and service_account go together",
  });

export type Ga4Settings = z.infer<typeof ga4Settings>;
