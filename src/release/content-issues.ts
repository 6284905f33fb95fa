/**
 * What is wrong with a release's `content` and `cms`, and with what offers say they show. Called by validate.ts; what a CMS's
 * adapter asks of its settings is checked by src/slots/cms/check.ts. Pure.
 */
import type { CmsSource } from "#contracts/definitions/cms";
import type { ReleaseDocument } from "#contracts/definitions/release";
import { CMS_PREFIX, refOf } from "./content-ref.ts";

interface Issue {
  path: string;
  message: string;
}

/** Why an offer cannot show this; undefined where it can. Whether a CMS has the item is known only when it is shown. */
export function contentProblem(key: string, { content, cms }: ReleaseDocument): string | undefined {
  if (!key.startsWith(CMS_PREFIX))
    return Object.hasOwn(content, key) ? undefined : `there is no content "${key}"`;
  const ref = refOf(key);
  if (!ref) return "must be like cms:<source>/<content id>";
  return Object.hasOwn(cms, ref.source) ? undefined : `there is no cms "${ref.source}"`;
}

/** @param check what the source's adapter says of its settings */
export function cmsIssues(
  { cms }: ReleaseDocument,
  check: (key: string, source: CmsSource) => Issue[],
): Issue[] {
  return Object.entries(cms).flatMap(([key, source]) => {
    const issues: Issue[] = [];
    const { locales, defaultLocale } = source;
    if (!locales.includes(defaultLocale))
      issues.push({ path: `cms.${key}.defaultLocale`, message: "is not one of the source's locales" });
    if (new Set(locales).size < locales.length)
      issues.push({ path: `cms.${key}.locales`, message: "name a language twice" });
    return [...issues, ...check(key, source)];
  });
}
