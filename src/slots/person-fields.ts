/** The fields of a person that a template may name: of the traits, what people read in a greeting, and no identifier. */
export const PERSON_FIELDS = ["first_name", "last_name", "company"] as const;
export type PersonField = (typeof PERSON_FIELDS)[number];
export type Person = Partial<Record<PersonField, string>>;
