/**
 * The body of `POST /privacy/requests`: OpenDSR's, read with a code for each way to get it wrong. What is too much is
 * refused before anything is hashed. No message repeats a value of it.
 */
import {
  IDENTITY_TYPES,
  type IdentityType,
  MAX_IDENTITIES,
  type SubjectIdentity,
  type SubjectRequestBody,
  subjectRequestSchema,
} from "#contracts/messages/subject_request";
import { CUSTOM_NAMESPACE } from "#contracts/namespaces";
import type { CustomNamespace, IdentifierNamespace } from "#contracts/taxonomy";
import { Problem } from "#core/problem";
import { unsafeTarget } from "#core/safe-url";

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * @param allowInsecure local development: callbacks may go to plain http and local addresses
 * @throws Problem 400 `invalid_body`, `unsupported_identity_format`, `unsafe_callback_url`; 413 `too_many_identities`
 */
export function parseRequest(body: unknown, allowInsecure: boolean): SubjectRequestBody {
  checkIdentities(isRecord(body) ? body.subject_identities : undefined);
  const parsed = subjectRequestSchema.safeParse(body);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new Problem(400, "invalid_body", `${issue?.path.join(".") || "body"}: ${issue?.message}`);
  }
  for (const [index, address] of parsed.data.status_callback_urls.entries()) {
    const unsafe = CONTROL.test(address) ? "control characters" : unsafeTarget(address, allowInsecure);
    if (!unsafe) continue;
    throw new Problem(
      400,
      "unsafe_callback_url",
      `status_callback_urls.${index}: nothing is sent there (${unsafe.replaceAll("_", " ")}). It must be https, under a public name, without a password.`,
    );
  }
  return parsed.data;
}

/** The URL parser takes line ends out without a word; whoever sends them means to put a header after them. */
const CONTROL = /[\s\p{Cc}]/u;

/** Of what may become many hashes, how many there are, and that none is a hash itself. */
export function checkIdentities(given: unknown): void {
  if (!Array.isArray(given)) return;
  if (given.length > MAX_IDENTITIES) {
    throw new Problem(
      413,
      "too_many_identities",
      `A request names one person, by ${MAX_IDENTITIES} identities at most. It names ${given.length}.`,
    );
  }
  const hashed = given.findIndex(
    (one) => isRecord(one) && one.identity_format !== undefined && one.identity_format !== "raw",
  );
  if (hashed >= 0) throw notRaw(hashed);
}

const notRaw = (index: number): Problem =>
  new Problem(
    400,
    "unsupported_identity_format",
    `subject_identities.${index}: only raw values are taken. Ours are keyed hashes, so that no other hash leads to a person.`,
  );

/** MD5, SHA-1 and SHA-256 as hex: in the place of an address or a number they are a hash that is called raw. */
const HASH = /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$/i;

/** One identity as we know it. */
export interface KnownIdentity {
  namespace: IdentifierNamespace;
  /** In its normal form. */
  value: string;
}

/**
 * The identities of a request in their normal form, each once.
 * @throws Problem 400 `unsupported_identity_format`, `invalid_identifier`
 */
export async function knownIdentities(
  identities: readonly SubjectIdentity[],
  normalise: (namespace: IdentifierNamespace, value: string) => Promise<string | undefined>,
): Promise<KnownIdentity[]> {
  const known = new Map<string, KnownIdentity>();
  for (const [index, { identity_type, identity_value }] of identities.entries()) {
    const namespace = namespaceOf(identity_type);
    if ((namespace === "email" || namespace === "phone") && HASH.test(identity_value)) throw notRaw(index);
    const value = await normalise(namespace, identity_value);
    if (value === undefined) {
      const detail = `subject_identities.${index}: the value is no ${identity_type} that names anybody.`;
      throw new Problem(400, "invalid_identifier", detail);
    }
    known.set(`${namespace}:${value}`, { namespace, value });
  }
  return [...known.values()];
}

/** The namespace that a type of OpenDSR is here. */
export const namespaceOf = (type: IdentityType): IdentifierNamespace =>
  isListed(type) ? IDENTITY_TYPES[type] : type;

const isListed = (type: string): type is keyof typeof IDENTITY_TYPES => Object.hasOwn(IDENTITY_TYPES, type);
const isCustom = (namespace: string): namespace is CustomNamespace => CUSTOM_NAMESPACE.test(namespace);

/** An identity that was proved, as a request names it. */
export const identityOf = ({ namespace, value }: KnownIdentity): SubjectIdentity | undefined =>
  isListed(namespace) || isCustom(namespace)
    ? { identity_type: namespace, identity_value: value, identity_format: "raw" }
    : undefined;
