/**
 * Rules of identity: how values of each namespace are read, which of them identify nobody, how many one profile may
 * have, and which value of a trait counts where several are known. All have defaults (src/identity/rules.ts).
 */
import * as z from "zod";
import { isNamespace } from "../namespaces.ts";

const namespaceSchema = z
  .string()
  .refine(isNamespace, "must be a namespace of Doorstep, or person-<name> or device-<name>")
  .refine((name) => name !== "visitor_id", "is our own cookie's, and has no rules");

/** How values are made alike before they are compared. `email` and `phone` also refuse what is none. */
export const NORMAL_FORMS = ["exact", "lower", "digits", "alphanumeric", "email", "phone"] as const;
export type NormalForm = (typeof NORMAL_FORMS)[number];

const limit = z.int().min(1).max(1_000);

export const namespaceRulesSchema = z.strictObject({
  /** Only for namespaces of your own; the others have theirs. */
  normalise: z.enum(NORMAL_FORMS).optional(),
  minLength: z.int().min(1).max(256).optional(),
  maxLength: z.int().min(1).max(256).optional(),
  /** Two different values are two people: they never become one profile by themselves. */
  unique: z.boolean().optional(),
  /** A profile has at most so many; a link that would bring more stays conflicted. */
  maxPerProfile: limit.optional(),
  /** A value that is linked with more identifiers of one namespace than this is nobody's: it is set aside. */
  maxPartners: limit.optional(),
  /** Values that identify nobody, in any spelling: a shared mailbox, a till's own customer number. */
  blocked: z.array(z.string().min(1).max(256)).max(1_000).optional(),
  /** Only for `email`: domains whose addresses identify nobody for long. Subdomains are meant too. */
  blockedDomains: z.array(z.string().min(1).max(253)).max(1_000).optional(),
});
export type NamespaceRules = z.infer<typeof namespaceRulesSchema>;

/** By what one of several values of a trait is chosen, the first that tells them apart. */
export const TRAIT_PREFERENCES = ["verified", "source", "newest", "oldest", "longest"] as const;
export type TraitPreference = (typeof TRAIT_PREFERENCES)[number];

export const traitRuleSchema = z.strictObject({
  prefer: z.array(z.enum(TRAIT_PREFERENCES)).min(1).max(TRAIT_PREFERENCES.length),
  /** Ids of sources, the most trusted first; for `source`. Those that are not listed come after them. */
  sources: z.array(z.string().min(1).max(64)).max(50).default([]),
});
export type TraitRule = z.infer<typeof traitRuleSchema>;

/** Traits that a rule may compare. */
export const MATCH_TRAITS = ["email", "phone", "first_name", "last_name", "company"] as const;

/** People who agree in all these traits, as proved sources tell them, are one person. */
export const matchRuleSchema = z.strictObject({
  traits: z.array(z.enum(MATCH_TRAITS)).min(1).max(MATCH_TRAITS.length),
  /** `merge`: they become one profile by themselves; `propose`: they wait in the console for somebody to decide. */
  action: z.enum(["merge", "propose"]).default("propose"),
});
export type MatchRule = z.infer<typeof matchRuleSchema>;

export const identitySchema = z.strictObject({
  namespaces: z.record(namespaceSchema, namespaceRulesSchema).default({}),
  /** Which of the identifiers that an event claims names the person best, first to last; those left out come after. */
  priority: z.array(namespaceSchema).max(40).default([]),
  /** ISO 3166-1 alpha-2: where a phone number without a country code is from; without it such a number is none. */
  phoneCountry: z
    .string()
    .regex(/^[A-Z]{2}$/, "must be a country such as SK")
    .optional(),
  /** Identifiers of one profile at most. */
  maxMembers: z.int().min(2).max(200).default(50),
  traits: z.record(z.string().max(64), traitRuleSchema).default({}),
  match: z.record(z.string().regex(/^[a-z0-9_]{1,30}$/), matchRuleSchema).default({}),
});
export type IdentityDefinition = z.infer<typeof identitySchema>;
