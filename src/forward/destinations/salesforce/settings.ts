/** Settings of a Salesforce org: how to log in, which objects and fields it keeps people and events in. */
import * as z from "zod";
import { LIFECYCLE_STAGES, PURPOSES } from "#contracts/taxonomy";
import { EVENT_FIELDS, PERSON_FIELDS, type PersonField } from "./fields.ts";

/** Who may get credentials and tokens. A customer's login page elsewhere is not needed by servers. */
export const SALESFORCE_HOSTS = ["salesforce.com", "salesforce.mil"];

/** An object, a field or a relationship by its API name. */
export const apiName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_]{0,79}$/, 'must be an API name such as "Doorstep_Id__c"');

const renamed = z.union([apiName, z.literal(false)]);
/** The keys of a table, as an enum takes them. */
const namesOf = <Name extends string>(fields: Record<Name, unknown>) =>
  Object.keys(fields) as [Name, ...Name[]];

const eventObject = z.strictObject({
  object: apiName.meta({
    title: "Object",
    description: "The custom object that gets one record for each such event.",
  }),
  external_id: apiName.default("Doorstep_Event_Id__c").meta({
    title: "External id field",
    description:
      "Of that object: a unique text of 255 characters. It gets the delivery item's id, so that no event comes twice.",
  }),
  person: apiName.optional().meta({
    title: "Relationship",
    description:
      "Of that object to the person's, as `Lead__r`; without it events stand alone, with the profile's key.",
  }),
  fields: z
    .partialRecord(z.enum(namesOf(EVENT_FIELDS)), renamed)
    .default({})
    .meta({
      title: "Fields",
      description: "Another name for a field, or `false` to leave it out.",
    }),
});

export const salesforceSettings = z
  .strictObject({
    login_url: z.url({ protocol: /^https?$/ }).meta({
      title: "Login URL",
      description:
        "Your My Domain, `https://ACME.my.salesforce.com`. With JWT bearer also `https://login.salesforce.com`, or `https://test.salesforce.com` for a sandbox.",
    }),
    grant: z.enum(["client_credentials", "jwt_bearer"]).default("client_credentials").meta({
      title: "OAuth flow",
      description: "How Doorstep logs in, as the external client app allows it.",
    }),
    client_id: z
      .string()
      .min(1)
      .max(500)
      .meta({ title: "Consumer key", description: "Of the external client app." }),
    client_secret: z.string().min(1).max(500).optional().meta({
      title: "Consumer secret",
      description: 'For client credentials: `{"$secret": "SALESFORCE_SECRET"}`.',
    }),
    private_key: z.string().min(1).max(10_000).optional().meta({
      title: "Private key",
      description:
        'For JWT bearer: `{"$secret": "SALESFORCE_KEY"}`, an RSA key as PKCS #8 PEM (`-----BEGIN PRIVATE KEY-----`) whose certificate the app has.',
    }),
    username: z.string().min(1).max(200).optional().meta({
      title: "User name",
      description: "For JWT bearer: the integration user.",
    }),
    audience: z
      .url({ protocol: /^https$/ })
      .default("https://login.salesforce.com")
      .meta({
        title: "Audience",
        description: "For JWT bearer; `https://test.salesforce.com` for a sandbox.",
      }),
    api_version: z
      .string()
      .regex(/^\d{2,3}\.0$/)
      .default("67.0")
      .meta({ title: "API version", description: "52.0 or later." }),
    object: z.enum(["Lead", "Contact"]).default("Lead").meta({
      title: "Object",
      description: "What a person is kept as.",
    }),
    external_id: apiName.default("Doorstep_Id__c").meta({
      title: "External id field",
      description:
        "A unique text field that is an external id and holds what a person is recognised by; `Email` to take the record that has the address.",
    }),
    key: z.enum(["email", "customer_id"]).default("email").meta({
      title: "Recognised by",
      description: "The trait that goes into the external id field.",
    }),
    create: z.boolean().default(true).meta({
      title: "Create records",
      description: "Off: only records that exist are kept up to date.",
    }),
    placeholder: z
      .union([z.string().min(1).max(80), z.literal(false)])
      .default("[not provided]")
      .meta({
        title: "Placeholder",
        description:
          "`LastName` (and a lead's `Company`) of a new record, where they are not known: Salesforce requires them. Counts as empty later. `false`: such records are not made.",
      }),
    fields: z
      .partialRecord(z.enum(namesOf(PERSON_FIELDS)), renamed)
      .default({})
      .meta({
        title: "Fields",
        description:
          'Another name for a field, or `false` to leave it out: `{"stage": "Status", "phone": false}`.',
      }),
    stages: z.partialRecord(z.enum(LIFECYCLE_STAGES), z.string().min(1).max(255)).default({}).meta({
      title: "Stages",
      description: 'What our stages are called in the org: `{"lead": "Open - Not Contacted"}`.',
    }),
    events: z.record(z.string(), eventObject).default({}).meta({
      title: "Objects of events",
      description:
        'Events that get a record of their own: `{"purchase": {"object": "Doorstep_Order__c", "person": "Lead__r"}}`.',
    }),
    opt_outs: z.record(apiName, z.enum(PURPOSES)).default({}).meta({
      title: "Opt-outs",
      description:
        'Checkboxes that are set where a proved person has denied the purpose themselves: `{"Do_Not_Profile__c": "personalization"}`. Never unset.',
    }),
    allow_duplicates: z.boolean().default(false).meta({
      title: "Save duplicates",
      description: "Save a record although a duplicate rule with an alert holds of it.",
    }),
  })
  .superRefine((settings, context) => {
    const missing = (path: string) =>
      context.addIssue({ code: "custom", path: [path], message: "is required by the flow" });
    if (settings.grant === "client_credentials" && settings.client_secret === undefined)
      missing("client_secret");
    if (settings.grant === "jwt_bearer" && settings.private_key === undefined) missing("private_key");
    if (settings.grant === "jwt_bearer" && settings.username === undefined) missing("username");
    const taken = new Set(settings.external_id === "Email" ? [] : [settings.external_id.toLowerCase()]);
    for (const field of namesOf(PERSON_FIELDS)) {
      const name = personField(field, settings)?.toLowerCase();
      if (name !== undefined && taken.has(name))
        context.addIssue({ code: "custom", path: ["fields", field], message: "is the field of another" });
      taken.add(name ?? "");
    }
    if (settings.external_id === "Email" && settings.key !== "email")
      context.addIssue({
        code: "custom",
        path: ["key"],
        message: 'must be "email" where the external id is',
      });
  });

export type SalesforceSettings = z.infer<typeof salesforceSettings>;
export type EventObject = z.infer<typeof eventObject>;

/** The org's name of a field of a person; undefined where it is left out. */
export function personField(field: PersonField, settings: SalesforceSettings): string | undefined {
  const given = settings.fields[field] ?? PERSON_FIELDS[field].name;
  return given === false || (field === "company" && settings.object === "Contact" && given === "Company")
    ? undefined
    : given;
}

/** The org's words for our stages, in our order. */
export const stagesOf = ({ stages }: SalesforceSettings): string[] =>
  LIFECYCLE_STAGES.map((stage) => stages[stage] ?? stage);
