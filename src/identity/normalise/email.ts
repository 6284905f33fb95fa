/**
 * The normal form of an e-mail address: lower case, full-width letters as ASCII, the domain in ASCII (Punycode). No folding
 * of dots or of what follows a plus: that such addresses reach one mailbox is true of single providers, and those who want
 * it so hash it so (the vendors' own rules are in their destinations). Called by src/identity/normalise.ts.
 */
import { EMAIL_PATTERN } from "#contracts/event";
import { narrowText } from "#core/clean-text";
import { unquoted } from "./placeholders.ts";

/** RFC 5321, 4.5.3.1.3: 256 characters with the brackets around it. */
const MAX_CHARS = 254;

/** @param text clean */
export function emailForm(text: string): string | undefined {
  const bare = unquoted(narrowText(text));
  const at = bare.lastIndexOf("@");
  if (at < 1) return undefined;
  const domain = domainForm(bare.slice(at + 1));
  if (domain === undefined) return undefined;
  const address = `${bare.slice(0, at).toLowerCase()}@${domain}`;
  return address.length <= MAX_CHARS && EMAIL_PATTERN.test(address) ? address : undefined;
}

const ASCII = /^[!-~]+$/;
/** Letters, digits, hyphens and dots of any script; whatever else a URL's host may have is none of a mail domain's. */
const HOST = /^[\p{L}\p{M}\p{N}.\-\u3002\u00b7\u30fb\u0375\u05f3\u05f4]+$/u;

/** A domain as it is in the DNS. Source: UTS 46, as the URL standard has it. */
export function domainForm(domain: string): string | undefined {
  if (ASCII.test(domain)) return domain.toLowerCase();
  return HOST.test(domain) ? URL.parse(`http://${domain}/`)?.hostname : undefined;
}
