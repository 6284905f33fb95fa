/**
 * The rules of values that hold under a release: each namespace's normal form, and which of its values identify nobody.
 * Compiled once per release, for src/identity/normalise.ts.
 */
import type { NamespaceRules, NormalForm } from "#contracts/definitions/identity";
import type { ReleaseDocument } from "#contracts/definitions/release";
import { IDENTIFIER_NAMESPACES } from "#contracts/taxonomy";
import { cleanText } from "#core/clean-text";
import { DISPOSABLE_DOMAINS } from "./disposable.ts";
import { domainForm } from "./email.ts";
import { FORMS } from "./forms.ts";

/** Of every namespace; a release only narrows it. */
export const MAX_CHARS = 256;

/** How the values of one namespace are read. */
export interface ValuesOf {
  form: NormalForm;
  minLength: number;
  maxLength: number;
  /** Whether the release has a value, in any spelling, on its list of those that identify nobody. */
  isBlocked(normal: string): boolean;
  /** Of e-mail: whether its domain, or one above it, is of throw-away mailboxes. */
  isDisposable(normal: string): boolean;
}

export interface ValueRules {
  /** Where a phone number without a country code is from. */
  phoneCountry: string | undefined;
  /** By namespace, as an event may name them: not our own cookie's, and of one's own those that the release declares. */
  namespaces: ReadonlyMap<string, ValuesOf>;
}

const OWN_FORMS: Readonly<Record<string, NormalForm>> = { email: "email", phone: "phone" };

const compiled = new WeakMap<ReleaseDocument, ValueRules>();

/** The rules of a release. */
export function valueRules(document: ReleaseDocument): ValueRules {
  if (!document.identity) return DEFAULT_VALUES;
  let rules = compiled.get(document);
  if (!rules) {
    const { namespaces, phoneCountry } = document.identity;
    rules = rulesOf(namespaces, phoneCountry);
    compiled.set(document, rules);
  }
  return rules;
}

function rulesOf(
  given: Readonly<Record<string, NamespaceRules>>,
  phoneCountry: string | undefined,
): ValueRules {
  const names = new Set([
    ...IDENTIFIER_NAMESPACES.filter((name) => name !== "visitor_id"),
    ...Object.keys(given),
  ]);
  return {
    phoneCountry,
    namespaces: new Map([...names].map((name) => [name, valuesOf(name, given[name] ?? {}, phoneCountry)])),
  };
}

function valuesOf(namespace: string, rules: NamespaceRules, phoneCountry: string | undefined): ValuesOf {
  const { minLength = 1, maxLength = MAX_CHARS, blocked = [], blockedDomains = [] } = rules;
  const form = OWN_FORMS[namespace] ?? rules.normalise ?? "exact";
  const domains = new Set(
    form === "email"
      ? [...DISPOSABLE_DOMAINS, ...blockedDomains.flatMap((name) => domainForm(cleanText(name)) ?? [])]
      : [],
  );
  let values: Set<string> | undefined;
  return {
    form,
    minLength,
    maxLength,
    isBlocked(normal) {
      if (blocked.length === 0) return false;
      // Made with the first value: by then the numbering plans are there, if it takes them.
      values ??= new Set(
        blocked.flatMap((value) => FORMS[form](cleanText(value), phoneCountry)?.toLowerCase() ?? []),
      );
      return values.has(normal.toLowerCase());
    },
    isDisposable: (normal) => domains.size > 0 && parentsOf(normal).some((domain) => domains.has(domain)),
  };
}

/** `a@x.mail.example` → `x.mail.example`, `mail.example`, `example`. */
function parentsOf(address: string): string[] {
  const labels = address.slice(address.lastIndexOf("@") + 1).split(".");
  return labels.map((_, at) => labels.slice(at).join("."));
}

/** What holds without rules of one's own. */
export const DEFAULT_VALUES: ValueRules = rulesOf({}, undefined);
