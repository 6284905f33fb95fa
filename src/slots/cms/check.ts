/** What publishing a release asks of its CMSs: a known adapter, settings that parse, secrets that exist, a safe address. */
import type { CmsSource } from "#contracts/definitions/cms";
import type { SecretOf } from "#core/own-settings";
import { unsafeTarget } from "#core/safe-url";
import { CMS_TYPES } from "./registry.ts";
import { readSource } from "./settings.ts";

/** @param allowInsecure local development: plain http and local addresses */
export function checkSource(
  key: string,
  source: CmsSource,
  secretOf: SecretOf,
  allowInsecure: boolean,
): { path: string; message: string }[] {
  const path = `cms.${key}`;
  const unsafe = unsafeTarget(source.url, allowInsecure);
  const issues = unsafe
    ? [
        {
          path: `${path}.url`,
          message: `is no address that may be asked (${unsafe}): it must be https, under a public name`,
        },
      ]
    : [];
  const read = readSource(source, secretOf, allowInsecure);
  if (read.ok) return issues;
  const { setting, problem } = read;
  if (setting === undefined)
    return [...issues, { path: `${path}.type`, message: `${problem}; there are ${CMS_TYPES.join(", ")}` }];
  return [...issues, { path: `${path}.settings${setting && `.${setting}`}`, message: problem }];
}
