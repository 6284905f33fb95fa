/**
 * A person's own fields for templates, on their way through the edge snapshot: sealed for one visitor by ingest, and opened
 * only where a template that names them is shown, to the person whom a token has proved in this very browser. Not to be read
 * in KV, and of no use under another visitor's name. docs/slots.md has the rules.
 */
import type { ContentDefinition } from "#contracts/definitions/content";
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { Purpose } from "#contracts/taxonomy";
import type { Session } from "#door/session";
import { isWhose } from "#door/whose";
import { valueServes } from "#identity/trait-purposes";
import type { VersionedKey } from "#privacy/keys";
import { open, type Place, seal } from "#privacy/seal";
import { PERSON_FIELDS, type Person, type PersonField } from "./person-fields.ts";

/** What is sealed. */
interface Sealed {
  fields: Person;
  /** Identifier keys of the person: the session has to name one of them. */
  whose: readonly string[];
}

const placeOf = (visitor: string): Place => ["person", visitor];

/** @param visitor key of the visitor whom the snapshot is for @param whose keys of the proven person */
export const sealPerson = (
  key: VersionedKey,
  visitor: string,
  fields: Person,
  whose: readonly string[],
): Promise<string> => seal(key, JSON.stringify({ fields, whose } satisfies Sealed), placeOf(visitor));

/** What was sealed for a visitor; undefined where it does not open. */
export async function unsealPerson(
  key: VersionedKey,
  visitor: string,
  sealed: string,
): Promise<Sealed | undefined> {
  const text = await open(key, sealed, placeOf(visitor));
  return text === undefined ? undefined : (JSON.parse(text) as Sealed); // what opens was sealed above
}

/**
 * The person's fields for this request; undefined where they may not be shown: the session names somebody else or nobody
 * (a shared browser), or the purposes that the contract of traits asks for are not granted any more.
 */
export async function openPerson(
  key: VersionedKey,
  sealed: string | undefined,
  {
    visitor,
    session,
    granted,
  }: { visitor: string; session: Session | undefined; granted: readonly Purpose[] },
): Promise<Person | undefined> {
  if (sealed === undefined || session?.whose === undefined || !granted.includes("personalization"))
    return undefined;
  const opened = await unsealPerson(key, visitor, sealed);
  if (!opened || !isWhose(session.whose, opened.whose)) return undefined;
  return Object.fromEntries(Object.entries(opened.fields).filter(([field]) => valueServes(field, granted)));
}

const fieldsOf = new WeakMap<ReleaseDocument, readonly PersonField[]>();

/** The fields that templates of a release name: no other leaves the database. All of them where a CMS sends templates. */
export function personFieldsOf(document: ReleaseDocument): readonly PersonField[] {
  let fields = fieldsOf.get(document);
  if (!fields) {
    const isAny = Object.values(document.cms).some(({ templates }) => templates);
    const text = Object.values(document.content)
      .filter(isTemplate)
      .map((c) => JSON.stringify(c))
      .join();
    fields = PERSON_FIELDS.filter((field) => isAny || text.includes(`person.${field}`));
    fieldsOf.set(document, fields);
  }
  return fields;
}

const isTemplate = ({ template }: ContentDefinition): boolean => template;
