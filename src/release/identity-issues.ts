/**
 * What is wrong with a release's rules of identity beyond their shape: names of nothing, rules that contradict each other,
 * and match rules that would take strangers for one person. Called by validate.ts.
 */
import { type CountryCode, isSupportedCountry } from "libphonenumber-js/core";
import type { IdentityDefinition, NamespaceRules } from "#contracts/definitions/identity";
import { traitsSchema } from "#contracts/event";
import { CUSTOM_NAMESPACE } from "#contracts/namespaces";
import { numberingPlans } from "#core/numbering-plans";

interface IdentityIssue {
  path: string;
  message: string;
}

/** Thousands of people share each of these. */
const WEAK: readonly string[] = ["first_name", "last_name", "company"];
const DEVICES: readonly string[] = ["anonymous_id", "device_id"];

/** @returns by path from the document's root */
export function identityIssues(identity: IdentityDefinition): IdentityIssue[] {
  const issues: IdentityIssue[] = [];
  const say = (path: string, message: string) => issues.push({ path: `identity.${path}`, message });
  const { namespaces, priority, phoneCountry, maxMembers, traits, match } = identity;
  for (const [name, rules] of Object.entries(namespaces)) {
    for (const [field, message] of namespaceIssues(name, rules, maxMembers))
      say(`namespaces.${name}.${field}`, message);
  }
  for (const [place, name] of priority.entries()) {
    if (DEVICES.includes(name) || name.startsWith("device-"))
      say(`priority.${place}`, `"${name}" names a device, and what names the person best is asked`);
    else if (CUSTOM_NAMESPACE.test(name) && !Object.hasOwn(namespaces, name))
      say(`priority.${place}`, `there is no namespace "${name}": declare it in identity.namespaces`);
    if (priority.indexOf(name) < place) say(`priority.${place}`, `"${name}" is listed before`);
  }
  if (phoneCountry !== undefined && !isSupportedCountry(phoneCountry as CountryCode, numberingPlans()))
    say("phoneCountry", `there is no country "${phoneCountry}", by ISO 3166-1 alpha-2`);
  for (const [name, { prefer, sources }] of Object.entries(traits)) {
    if (!Object.hasOwn(traitsSchema().shape, name)) say(`traits.${name}`, "is no trait that events have");
    if (new Set(prefer).size < prefer.length) say(`traits.${name}.prefer`, "lists something twice");
    if (prefer.includes("newest") && prefer.includes("oldest"))
      say(`traits.${name}.prefer`, "prefers both the newest and the oldest");
    if (prefer.includes("source") !== sources.length > 0)
      say(`traits.${name}.sources`, 'must list sources exactly where "source" is preferred');
  }
  for (const [name, rule] of Object.entries(match)) {
    const compared = new Set(rule.traits);
    const [only = ""] = compared;
    if (compared.size === 1 && WEAK.includes(only))
      say(
        `match.${name}.traits`,
        `compares "${only}" alone, which strangers share: add a trait that tells them apart`,
      );
    if (compared.size < rule.traits.length) say(`match.${name}.traits`, "lists a trait twice");
  }
  return issues;
}

function namespaceIssues(
  name: string,
  rules: NamespaceRules,
  maxMembers: number,
): [field: keyof NamespaceRules, message: string][] {
  const { normalise, minLength = 1, maxLength = 256, unique, maxPerProfile, blockedDomains } = rules;
  const issues: [keyof NamespaceRules, string][] = [];
  if (CUSTOM_NAMESPACE.test(name)) {
    if (normalise === undefined)
      issues.push(["normalise", 'is required of a namespace of your own, for example "exact"']);
  } else if (normalise !== undefined)
    issues.push(["normalise", "cannot be changed: this namespace is Doorstep's, and has its own form"]);
  if (minLength > maxLength) issues.push(["minLength", "is more than maxLength: no value would be left"]);
  if (unique && maxPerProfile !== undefined && maxPerProfile > 1)
    issues.push(["maxPerProfile", "is more than one, of a namespace that is unique"]);
  if (maxPerProfile !== undefined && maxPerProfile > maxMembers)
    issues.push(["maxPerProfile", `is more than maxMembers, ${maxMembers}`]);
  if (blockedDomains && name !== "email" && normalise !== "email")
    issues.push(["blockedDomains", "are of e-mail addresses, which this namespace has none of"]);
  return issues;
}
