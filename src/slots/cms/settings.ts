/**
 * A source's settings with its secrets filled in. Whoever edits a release names the address that a CMS is asked at, and
 * must not be able to have any secret sent to an address of theirs: so a credential begins with the address that it is for
 * (`https://cms.example.com editor:abcd efgh`), and goes nowhere else. Called by pull.ts, hook.ts and check.ts.
 */
import type { CmsSource } from "#contracts/definitions/cms";
import { OWN_SETTINGS, type SecretOf, secretName } from "#core/own-settings";
import type { CmsAdapter } from "./contract.ts";
import { cmsAdapter } from "./registry.ts";

export type SourceRead =
  | { ok: true; adapter: CmsAdapter; settings: unknown }
  /** Which setting (empty: all of them; undefined: the type) and what is wrong with it, in words. */
  | { ok: false; setting: string | undefined; problem: string };

/** @param allowInsecure local development: a credential may come without its address */
export function readSource(source: CmsSource, secretOf: SecretOf, allowInsecure: boolean): SourceRead {
  const adapter = cmsAdapter(source.type);
  if (!adapter) return { ok: false, setting: undefined, problem: `there is no CMS adapter "${source.type}"` };
  const { bound, kept } = adapter.secrets;
  const filled: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(source.settings)) {
    const bad = (problem: string): SourceRead => ({ ok: false, setting: name, problem });
    const secret = secretName(value);
    const isSecret = bound.includes(name) || kept.includes(name);
    if (secret === undefined) {
      if (isSecret) return bad('is a credential: give it as `{"$secret": "NAME"}`');
      filled[name] = value;
      continue;
    }
    if (!isSecret) return bad("is no credential, and takes no secret");
    const found = OWN_SETTINGS.has(secret) ? undefined : secretOf(secret);
    if (!found)
      return bad(`the Worker has no secret "${secret}"; set it with \`wrangler secret put ${secret}\``);
    if (kept.includes(name)) {
      filled[name] = found;
      continue;
    }
    const own = credentialFor(source.url, found, allowInsecure);
    if (own === undefined)
      return bad(`the secret "${secret}" does not begin with the address that it is for`);
    filled[name] = own;
  }
  const parsed = adapter.settings.safeParse(filled);
  if (parsed.success) return { ok: true, adapter, settings: parsed.data };
  const [issue] = parsed.error.issues;
  return { ok: false, setting: issue?.path.join(".") ?? "", problem: issue?.message ?? "is not valid" };
}

function credentialFor(url: string, secret: string, allowInsecure: boolean): string | undefined {
  const cut = secret.indexOf(" ");
  const address = URL.parse(secret.slice(0, Math.max(cut, 0)));
  if (address?.protocol.startsWith("http"))
    return address.origin === URL.parse(url)?.origin ? secret.slice(cut + 1).trim() : undefined;
  return allowInsecure ? secret : undefined;
}
