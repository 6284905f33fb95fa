/**
 * Records of one type in the sandboxed portal, in memory: contacts, companies or deals. E-mail addresses are unique and
 * compared without case, as HubSpot does; ids are numbers in strings.
 */
import type { Deletion } from "../vendor.ts";
import { isUnique, type ObjectType } from "./properties.ts";
import type { ContactResult } from "./schemas.ts";

/** A stored contact. */
type Contact = Omit<ContactResult, "new" | "objectWriteTraceId">;

/** The outcome of writing one contact. */
type WriteOutcome =
  | { status: "written"; contact: Contact; created: boolean }
  | { status: "conflict"; existingId: string };

/** The store; see `createContacts`. */
export type Contacts = {
  type: ObjectType;
  find(idProperty: string, id: string): Contact | undefined;
  upsert(idProperty: string, id: string, properties: Record<string, string>, now: Date): WriteOutcome;
  /** Contacts whose property has one of these values, whatever their case, as HubSpot's search compares. */
  search(property: string, values: readonly string[]): Contact[];
  /** Deletes for good. False where there is no such contact; an address is then on the blocklist all the same. */
  purge(idProperty: "hs_object_id" | "email", id: string, now: Date): boolean;
  /** Every deletion that was asked for, oldest first. */
  deletions(): Deletion[];
  all(): Contact[];
  clear(): void;
};

const FIRST_ID = 10_001;

/** No records of this type yet. @param firstId ids count up from it */
export function createContacts(type: ObjectType = "contacts", firstId = FIRST_ID): Contacts {
  const byId = new Map<string, Contact>();
  // A property's values that name a contact, so that a look-up does not scan the portal.
  const index = new Map<string, string>();
  let nextId = firstId;
  let deleted: Deletion[] = [];

  const keyOf = (property: string, value: string) =>
    `${property}\n${property === "email" ? value.trim().toLowerCase() : value}`;

  const find = (idProperty: string, id: string) => {
    const found = idProperty === "hs_object_id" ? id : index.get(keyOf(idProperty, id));
    return found === undefined ? undefined : byId.get(found);
  };

  return {
    type,
    find,
    upsert(idProperty, id, properties, now) {
      const existing = find(idProperty, id);
      const values: Record<string, string> = { [idProperty]: id, ...properties };
      if (values.email !== undefined) values.email = values.email.trim().toLowerCase();
      for (const [property, value] of Object.entries(values)) {
        const owner = find(property, value);
        if (owner !== undefined && owner.id !== existing?.id)
          return { status: "conflict", existingId: owner.id };
      }

      const at = now.toISOString();
      const contactId = existing?.id ?? String(nextId++);
      for (const [property, value] of Object.entries(existing?.properties ?? {})) {
        if (value !== null && property in values) index.delete(keyOf(property, value));
      }
      const contact: Contact = {
        id: contactId,
        properties: {
          ...existing?.properties,
          ...values,
          createdate: existing?.createdAt ?? at,
          hs_object_id: contactId,
          lastmodifieddate: at,
        },
        createdAt: existing?.createdAt ?? at,
        updatedAt: at,
        archived: false,
      };
      byId.set(contactId, contact);
      for (const [property, value] of Object.entries(values)) {
        if (value !== "" && isUnique(type, property)) index.set(keyOf(property, value), contactId);
      }
      return { status: "written", contact, created: existing === undefined };
    },
    search(property, values) {
      const wanted = new Set(values.map((value) => value.toLowerCase()));
      return [...byId.values()].filter((contact) =>
        wanted.has(contact.properties[property]?.toLowerCase() ?? ""),
      );
    },
    purge(idProperty, id, now) {
      const contact = find(idProperty, id);
      for (const [property, value] of Object.entries(contact?.properties ?? {}))
        if (value !== null && index.get(keyOf(property, value)) === contact?.id)
          index.delete(keyOf(property, value));
      if (contact !== undefined) byId.delete(contact.id);
      const by = idProperty === "email" ? "e-mail address" : "record id";
      const note =
        contact !== undefined
          ? "permanently deleted"
          : by === "record id"
            ? "no such record"
            : "no contact: blocklisted";
      deleted.push({ at: now.toISOString(), by, subject: contact?.id ?? null, note });
      return contact !== undefined;
    },
    deletions: () => [...deleted],
    all: () => [...byId.values()],
    clear() {
      deleted = [];
      byId.clear();
      index.clear();
      nextId = firstId;
    },
  };
}
