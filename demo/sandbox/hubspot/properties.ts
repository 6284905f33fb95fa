/**
 * Which contact properties the sandboxed portal has and which values they take. Default properties and
 * their options: https://knowledge.hubspot.com/properties/hubspots-default-contact-properties.
 * The portal also has any custom property whose name starts with `doorstep_`; a few of them are defined
 * with unique values, so they can be an `idProperty` like `email`.
 */

/** One refused property, in the terms of HubSpot's `Property values were not valid` list. */
export type PropertyIssue = {
  name: string;
  code: "PROPERTY_DOESNT_EXIST" | "INVALID_EMAIL" | "INVALID_OPTION";
  message: string;
};

const OPTIONS: Record<string, readonly string[]> = {
  lifecyclestage: [
    "subscriber",
    "lead",
    "marketingqualifiedlead",
    "salesqualifiedlead",
    "opportunity",
    "customer",
    "evangelist",
    "other",
  ],
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
};

/** Of these a contact may have several options, joined by ";". */
const MULTIPLE = new Set(["hs_legal_basis"]);

const KNOWN = new Set([
  "email",
  "firstname",
  "lastname",
  "phone",
  "company",
  "lifecyclestage",
  "hs_lead_status",
  "hs_legal_basis",
  "website",
  "country",
  "city",
  "state",
  "zip",
]);

const CUSTOM = /^doorstep_[a-z0-9_]{1,90}$/;
const UNIQUE = new Set([
  "email",
  "doorstep_id",
  "doorstep_profile_id",
  "doorstep_user_id",
  "doorstep_customer_id",
]);

/** Whether records can be addressed by this property, which then cannot have one value twice. */
export function isUnique(property: string): boolean {
  return UNIQUE.has(property);
}

/** Everything HubSpot would refuse in these values; an empty string clears a property and is always fine. */
export function propertyIssues(properties: Record<string, string>): PropertyIssue[] {
  return Object.entries(properties).flatMap(([name, value]): PropertyIssue[] => {
    if (!KNOWN.has(name) && !CUSTOM.test(name)) {
      return [{ name, code: "PROPERTY_DOESNT_EXIST", message: `Property "${name}" does not exist` }];
    }
    if (value === "") return [];
    if (name === "email" && !isEmail(value)) {
      return [{ name, code: "INVALID_EMAIL", message: `Email address ${value} is invalid` }];
    }
    const options = OPTIONS[name];
    const chosen = MULTIPLE.has(name) ? value.split(";") : [value];
    if (options !== undefined && !chosen.every((option) => options.includes(option))) {
      return [
        {
          name,
          code: "INVALID_OPTION",
          message: `${value} was not one of the allowed options: [${options.join(", ")}]`,
        },
      ];
    }
    return [];
  });
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
