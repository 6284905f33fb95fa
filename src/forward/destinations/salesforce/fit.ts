/**
 * What a release's mapping may make of a body: never another record's, and within Salesforce's limits. Fields are taken in
 * any case, as Salesforce takes them, and go on under the names that the rules of claims know them by. Pure.
 */
import type { MapResult } from "../contract.ts";
import { cut, EMAIL_LENGTH, EVENT_FIELDS, type Fields, PERSON_FIELDS, type PersonField } from "./fields.ts";
import type { SalesforceBody } from "./map.ts";
import { personField, type SalesforceSettings } from "./settings.ts";

/** Names that the rules of claims and modes know fields by. */
const ownNames = (settings: SalesforceSettings): string[] => [
  ...Object.keys(PERSON_FIELDS).flatMap((key) => personField(key as PersonField, settings) ?? []),
  ...["LastName", "Company", ...Object.keys(settings.opt_outs)],
];

/** The same under these names, where a mapping has them in another case. */
function spelled<T>(given: Readonly<Record<string, T>>, names: readonly string[]): Record<string, T> {
  const known = new Map(names.map((name) => [name.toLowerCase(), name]));
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [known.get(name.toLowerCase()) ?? name, value]),
  );
}

/** The field of an object's records that names the profile. */
const eventProfile = (object: string, { events }: SalesforceSettings) =>
  Object.values(events).find((event) => event.object === object)?.fields.profile ?? EVENT_FIELDS.profile.name;

/** Standard checkboxes by which a person has refused something: a mapping may set them, and never unset. */
const OPT_OUTS = ["HasOptedOutOfEmail", "HasOptedOutOfFax", "DoNotCall"];

/** Whether two names are of one field: Salesforce takes them in any case. */
const hasTwice = (fields: Fields): boolean =>
  new Set(Object.keys(fields).map((name) => name.toLowerCase())).size < Object.keys(fields).length;

/** Whether a field of these says something else than the profile: whose erasure would find the record? */
const namesOther = (fields: Fields, field: string | false | undefined, profile: string): boolean =>
  field !== false &&
  field !== undefined &&
  Object.entries(fields).some(
    ([name, value]) => name.toLowerCase() === field.toLowerCase() && value !== profile,
  );

/** What no mapping may say: a record's own id, whom it is of, its type, and that nobody has opted out. */
export function fitSalesforce(body: SalesforceBody, settings: SalesforceSettings): MapResult<SalesforceBody> {
  const isReserved = (externalId: string) => {
    const names = ["id", "attributes", externalId.toLowerCase()];
    return (name: string) => names.includes(name.toLowerCase());
  };
  const optOuts = new Set([...OPT_OUTS, ...Object.keys(settings.opt_outs)].map((name) => name.toLowerCase()));
  const { event } = body;
  if (
    Object.keys(body.fields).some(isReserved(settings.external_id)) ||
    (event && Object.keys(event.fields).some(isReserved(event.external_id))) ||
    Object.entries(body.fields).some(([name, value]) => optOuts.has(name.toLowerCase()) && value !== true) ||
    namesOther(body.fields, personField("profile", settings), body.profile) ||
    (event && namesOther(event.fields, eventProfile(event.object, settings), body.profile))
  )
    return { status: "failed", code: "field_reserved" };
  if (hasTwice(body.fields) || (event && hasTwice(event.fields)))
    return { status: "failed", code: "field_twice" };
  const email = personField("email", settings);
  const address = email === undefined ? undefined : body.fields[email];
  if (typeof address === "string" && address.length > EMAIL_LENGTH)
    return { status: "failed", code: "email_too_long" };
  const own = ownNames(settings);
  const fields = spelled(body.fields, own);
  const modes =
    body.modes &&
    spelled(
      body.modes,
      own.map((name) => `fields.${name}`),
    );
  for (const [key, field] of Object.entries(PERSON_FIELDS)) {
    const name = personField(key as PersonField, settings);
    const value = name === undefined ? undefined : fields[name];
    if (name !== undefined && typeof value === "string" && "length" in field)
      fields[name] = cut(value, field.length);
  }
  return { status: "mapped", body: { ...body, fields, ...(modes && { modes }) } };
}
