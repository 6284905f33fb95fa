/**
 * What Snowplow's consent plugins say of consent: as an event, and as an entity that a site attaches to all its events
 * (`consent_preferences`, or `gdpr` with the ground of processing). Scopes and documents are the site's own names; the source's `consentCategories` say which purpose each one is.
 * Source: https://docs.snowplow.io/docs/events/ootb-data/consent-events/
 */
import type { ConsentStatement } from "#contracts/event";
import { PURPOSES, type Purpose } from "#contracts/taxonomy";
import { asId, asText } from "../shape.ts";
import { entitiesNamed, type Fields, type Payload } from "./snowplow-payload.ts";

type Categories = Readonly<Record<string, Purpose>>;

export const SNOWPLOW = "com.snowplowanalytics.snowplow";

const DENIED: ConsentStatement = { analytics: "denied", marketing: "denied", personalization: "denied" };
/** Choices that leave nothing granted. `implicit_consent` is no statement: there, the regime decides. */
const REFUSALS = new Set(["deny_all", "withdrawn", "expired", "pending"]);
const CHOICES = new Set(["allow_all", "allow_selected"]);

/** The event's statement; undefined where it makes none. */
export function statementOf(payload: Payload, categories: Categories): ConsentStatement | undefined {
  const { event } = payload;
  if (event?.vendor === SNOWPLOW) {
    if (event.name === "consent_preferences") return preferences(event.data, categories);
    if (event.name === "consent_granted") return documents(payload, categories, "granted");
    if (event.name === "consent_withdrawn")
      return event.data.all === true ? DENIED : documents(payload, categories, "denied");
  }
  const attached = entitiesNamed(payload, SNOWPLOW, "consent_preferences").at(-1);
  return attached ? preferences(attached, categories) : ground(payload, categories);
}

/**
 * Only what was allowed is listed: a scope that the table does not know grants nothing, and a purpose is granted if all
 * the scopes that the table has for it were allowed.
 */
function preferences(data: Fields, categories: Categories): ConsentStatement | undefined {
  const choice = asText(data.eventType) ?? "";
  if (REFUSALS.has(choice)) return DENIED;
  if (!CHOICES.has(choice)) return undefined;
  const scopes = Array.isArray(data.consentScopes) ? data.consentScopes : [];
  const statement = { ...DENIED };
  for (const purpose of PURPOSES) {
    const needed = Object.keys(categories).filter((category) => categories[category] === purpose);
    if (needed.length > 0 && needed.every((scope) => scopes.includes(scope))) statement[purpose] = "granted";
  }
  return statement;
}

/**
 * The older plugin's documents, by id or name. A purpose is granted if all that the table has for it are there, and denied
 * if one of them was withdrawn. What none of them stands for is left unsaid.
 */
function documents(
  payload: Payload,
  categories: Categories,
  value: "granted" | "denied",
): ConsentStatement | undefined {
  const named = new Set<string | undefined>();
  for (const { id, name } of entitiesNamed(payload, SNOWPLOW, "consent_document"))
    named.add(asId(id)).add(asText(name));
  return statementBy(named, categories, value);
}

/**
 * The ground on which the site says it processes the event. Consent to a document of the table is a grant; the law's other
 * grounds are no answer to whether the visitor consented.
 */
function ground(payload: Payload, categories: Categories): ConsentStatement | undefined {
  const named = new Set<string | undefined>();
  for (const { basisForProcessing, documentId } of entitiesNamed(payload, SNOWPLOW, "gdpr"))
    if (basisForProcessing === "consent") named.add(asId(documentId));
  return statementBy(named, categories, "granted");
}

function statementBy(
  named: ReadonlySet<string | undefined>,
  categories: Categories,
  value: "granted" | "denied",
): ConsentStatement | undefined {
  const statement: ConsentStatement = {};
  for (const purpose of PURPOSES) {
    const needed = Object.keys(categories).filter((category) => categories[category] === purpose);
    const isNamed = (category: string) => named.has(category);
    if (value === "denied" ? needed.some(isNamed) : needed.length > 0 && needed.every(isNamed))
      statement[purpose] = value;
  }
  return Object.keys(statement).length > 0 ? statement : undefined;
}
