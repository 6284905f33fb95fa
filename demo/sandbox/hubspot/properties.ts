/**
 * Which properties the records of the sandboxed portal have, and which values they take. Default properties:
 * https://knowledge.hubspot.com/properties/hubspots-default-contact-properties
 * https://knowledge.hubspot.com/properties/hubspot-crm-default-company-properties
 * https://knowledge.hubspot.com/properties/hubspots-default-deal-properties
 * The portal also has any custom property whose name starts with `doorstep_`; a few of them are defined
 * with unique values, so they can be an `idProperty` like a contact's `email`.
 */

/** Types of records that the portal has. */
export const OBJECT_TYPES = ["contacts", "companies", "deals"] as const;
export type ObjectType = (typeof OBJECT_TYPES)[number];

/** One refused property, in the terms of HubSpot's `Property values were not valid` list. */
export type PropertyIssue = {
  name: string;
  code: "PROPERTY_DOESNT_EXIST" | "INVALID_EMAIL" | "INVALID_OPTION" | "INVALID_DOUBLE" | "INVALID_LONG";
  message: string;
};

const LIFECYCLE = [
  "subscriber",
  "lead",
  "marketingqualifiedlead",
  "salesqualifiedlead",
  "opportunity",
  "customer",
  "evangelist",
  "other",
];

/** Names of one type's properties: those that take any text, those with options, numbers, times, and unique ones. */
type Definition = {
  texts: readonly string[];
  options: Readonly<Record<string, readonly string[]>>;
  /** Of these a record may have several options, joined by ";". */
  multiple?: readonly string[];
  numbers?: readonly string[];
  times?: readonly string[];
  unique: readonly string[];
};

const DEFINITIONS: Readonly<Record<ObjectType, Definition>> = {
  contacts: {
    texts: [
      "email",
      "firstname",
      "lastname",
      "phone",
      "company",
      "website",
      "country",
      "city",
      "state",
      "zip",
    ],
    options: {
      lifecyclestage: LIFECYCLE,
      hs_lead_status: [
        "NEW",
        "OPEN",
        "IN_PROGRESS",
        "OPEN_DEAL",
        "UNQUALIFIED",
        "ATTEMPTED_TO_CONTACT",
        "CONNECTED",
        "BAD_TIMING",
      ],
      hs_legal_basis: [
        "Legitimate interest – prospect/lead",
        "Legitimate interest – existing customer",
        "Legitimate interest - other",
        "Performance of a contract",
        "Freely given consent from contact",
        "Not applicable",
      ],
    },
    multiple: ["hs_legal_basis"],
    unique: ["email", "doorstep_id", "doorstep_profile_id", "doorstep_user_id", "doorstep_customer_id"],
  },
  companies: {
    texts: ["name", "domain", "phone", "website", "description", "country", "city", "state", "zip"],
    options: { lifecyclestage: LIFECYCLE, type: ["PROSPECT", "PARTNER", "RESELLER", "VENDOR", "OTHER"] },
    numbers: ["numberofemployees", "annualrevenue"],
    unique: ["doorstep_account_id"],
  },
  deals: {
    texts: ["dealname", "description"],
    options: {
      pipeline: ["default"],
      // https://developers.hubspot.com/docs/api-reference/latest/crm/pipelines/guide: the default pipeline's.
      dealstage: [
        "appointmentscheduled",
        "qualifiedtobuy",
        "presentationscheduled",
        "decisionmakerboughtin",
        "contractsent",
        "closedwon",
        "closedlost",
      ],
      dealtype: ["newbusiness", "existingbusiness"],
      // Currencies that this account has.
      deal_currency_code: ["EUR", "USD", "GBP", "CZK"],
    },
    numbers: ["amount"],
    times: ["closedate"],
    unique: ["doorstep_order_id"],
  },
};

const CUSTOM = /^doorstep_[a-z0-9_]{1,90}$/;

/** Whether records can be addressed by this property, which then cannot have one value twice. */
export const isUnique = (type: ObjectType, property: string): boolean =>
  DEFINITIONS[type].unique.includes(property);

/** Everything HubSpot would refuse in these values; an empty string clears a property and is always fine. */
export function propertyIssues(type: ObjectType, properties: Record<string, string>): PropertyIssue[] {
  return Object.entries(properties).flatMap(([name, value]) => issueOf(DEFINITIONS[type], name, value) ?? []);
}

function issueOf(
  { texts, options, multiple = [], numbers = [], times = [] }: Definition,
  name: string,
  value: string,
): PropertyIssue | undefined {
  const allowed = options[name];
  const isKnown = [...texts, ...numbers, ...times].includes(name) || allowed !== undefined;
  if (!isKnown && !CUSTOM.test(name))
    return { name, code: "PROPERTY_DOESNT_EXIST", message: `Property "${name}" does not exist` };
  if (value === "") return undefined;
  if (name === "email" && !isEmail(value))
    return { name, code: "INVALID_EMAIL", message: `Email address ${value} is invalid` };
  if (numbers.includes(name) && !/^-?\d+(\.\d+)?$/.test(value))
    return { name, code: "INVALID_DOUBLE", message: `${value} was not a valid number.` };
  if (times.includes(name) && !/^\d{1,15}$/.test(value) && Number.isNaN(Date.parse(value)))
    return { name, code: "INVALID_LONG", message: `${value} was not a valid long.` };
  const chosen = multiple.includes(name) ? value.split(";") : [value];
  if (allowed !== undefined && !chosen.every((option) => allowed.includes(option)))
    return {
      name,
      code: "INVALID_OPTION",
      message: `${value} was not one of the allowed options: [${allowed.join(", ")}]`,
    };
  return undefined;
}

/**
 * HubSpot takes RFC 2822 addresses without quotation marks in the local part, under a real top-level
 * domain. The list of those is not shipped here: any alphabetic one passes.
 */
function isEmail(value: string): boolean {
  return (
    value.length <= 254 &&
    /^[^\s@"<>(),:;[\]\\]{1,64}@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?\.)+\p{L}{2,}$/u.test(value)
  );
}

/** The message of HubSpot's 400, which carries the issues as JSON inside its text. */
export function invalidValuesMessage(issues: PropertyIssue[]): string {
  const list = issues.map(({ name, code, message }) => ({ isValid: false, message, error: code, name }));
  return `Property values were not valid: ${JSON.stringify(list)}`;
}

/** The `errors` of HubSpot's 400 and of one item in a 207. */
export function issueErrors(issues: PropertyIssue[]) {
  return issues.map(({ name, code, message }) => ({ message, code, context: { propertyName: [name] } }));
}
