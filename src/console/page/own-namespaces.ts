/** Namespaces of identifiers that the release has of its own, as further choices of a form that looks somebody up. */
import type { ReleaseDocument } from "#contracts/definitions/release";
import { CUSTOM_NAMESPACE } from "#contracts/namespaces";
import { call } from "./api.ts";
import { h } from "./dom.ts";
import { may } from "./may.ts";

/**
 * Adds them below the form's own; without them, those can be chosen all the same.
 * @param before the choice that they come before
 */
export async function addOwnNamespaces(
  select: HTMLSelectElement,
  before: HTMLElement | null = null,
): Promise<void> {
  if (!may("release:read")) return;
  const answer = await call<{ document: ReleaseDocument }>("GET", "releases/active");
  if (answer.status !== "ok") return;
  const declared = Object.keys(answer.body.document.identity?.namespaces ?? {});
  for (const name of declared.filter((one) => CUSTOM_NAMESPACE.test(one)))
    select.insertBefore(option(name), before);
}

const option = (name: string): HTMLElement =>
  h("option", { attrs: { value: name } }, name.replace("-", ": ").replaceAll("_", " "));
