/**
 * What trackers, forms and templates send in the place of an identifier. Taken for one it would weld thousands of people
 * together. Called by src/identity/normalise.ts with texts of 256 characters at most.
 */

const PLACEHOLDERS = new Set([
  "anonymous",
  "guest",
  "distinct_id",
  "id",
  "user_id",
  "userid",
  "customer_id",
  "anonymous_id",
  "device_id",
  "not_authenticated",
  "email",
  "phone",
  "undefined",
  "null",
  "none",
  "nil",
  "true",
  "false",
  "nan",
  "infinity",
  "unknown",
  "unidentified",
  "not set",
  "not_set",
  "n/a",
  "na",
  // A known flaw of Android 2.2: one id on most of its devices. And what apps read as the address of their network card.
  "9774d56d682e549c",
  "020000000000",
]);

/** Mailboxes that programs write from, and what they write where there is no address. */
const MAILBOXES = new Set([
  "undefined",
  "null",
  "none",
  "nil",
  "nan",
  "noreply",
  "no-reply",
  "no_reply",
  "donotreply",
  "do-not-reply",
  "mailer-daemon",
]);

/** Nobody's at a domain of the same name; at another one somebody may read them. */
const DOUBLED = new Set(["anonymous", "email", "guest", "nobody", "none", "test", "unknown"]);

/** Typed by people who do not want to give theirs. */
const ADDRESSES = new Set([
  "a@a.com",
  "a@b.com",
  "aa@aa.com",
  "aaa@aaa.com",
  "abc@abc.com",
  "asd@asd.com",
  "asdf@asdf.com",
  "email@domain.com",
  "me@me.com",
  "name@domain.com",
  "name@email.com",
  "no@email.com",
  "no@no.com",
  "test@gmail.com",
  "user@domain.com",
  "user@email.com",
  "your@email.com",
]);

/** Fields of a template that nobody has filled in, somewhere in the text or the whole of it. */
const TEMPLATE = /\{\{|\}\}|[$#]\{|%%|<%|%>|\*\||\|\*/;
const FIELD = /^[[{<%]+ ?[\p{L}_$][\w.$ -]{0,80}[\]}>%]+$/u;
const GUID = /^\{[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\}$/i;
const SEPARATORS = /[\s.:_/-]+/g;
const SAYS_SOMETHING = /[\p{L}\p{N}\p{So}]/u;

/** Whether a text, quoted or not, is none that tells one person from another. */
export function isPlaceholder(text: string): boolean {
  const bare = unquoted(text).toLowerCase();
  if (PLACEHOLDERS.has(bare) || !SAYS_SOMETHING.test(bare)) return true;
  if (TEMPLATE.test(bare)) return true;
  const first = bare.charAt(0);
  if ("[{<%".includes(first) && FIELD.test(bare)) return !GUID.test(bare);
  const last = bare.charAt(bare.length - 1);
  // Most texts begin and end differently, and are done here.
  return first === last && isOneCharacter(bare.replace(SEPARATORS, ""));
}

/** Whether an address is one that no person reads alone. @param address in its normal form */
export function isPlaceholderAddress(address: string): boolean {
  const at = address.lastIndexOf("@");
  const domain = address.slice(at + 1);
  // RFC 2606 and 6761: nothing is ever there.
  if (domain.endsWith(".invalid") || domain.endsWith(".localhost")) return true;
  const mailbox = address.slice(0, at);
  if (DOUBLED.has(mailbox) && domain.startsWith(`${mailbox}.`)) return true;
  return MAILBOXES.has(mailbox) || ADDRESSES.has(address);
}

/** Zeros, or one letter or digit over and over. A shop may well have a customer 11 or 7777. */
function isOneCharacter(text: string): boolean {
  const first = text.charAt(0);
  if (first === "0") return /^0+$/.test(text);
  return text.length >= (first >= "0" && first <= "9" ? 6 : 3) && text === first.repeat(text.length);
}

/** Without the quotes around it, as JSON in a field that was no JSON leaves them; also several, and escaped ones. */
export function unquoted(text: string): string {
  let bare = text;
  for (let depth = 0; depth < 3; depth++) {
    const inner = /^\\?(["'`])(.*?)\\?\1$/s.exec(bare)?.[2];
    if (inner === undefined) break;
    bare = inner.trim();
  }
  return bare;
}
