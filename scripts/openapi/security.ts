/** Ways in: keys of sources (src/collect/key.ts) and those of operators (src/console/access/authenticate.ts). */
import type { JsonSchema, Security } from "./description.ts";

export const SECURITY_SCHEMES = {
  keyBasic: {
    type: "http",
    scheme: "basic",
    description:
      "The write key or the secret key as user name, with an empty password: as Segment's clients do.",
  },
  keyBearer: { type: "http", scheme: "bearer", description: "The write key or the secret key." },
  keyHeader: {
    type: "apiKey",
    in: "header",
    name: "X-Write-Key",
    description: "The write key or the secret key.",
  },
  keyQuery: { type: "apiKey", in: "query", name: "writeKey", description: "The write key. Looked at last." },
  adminToken: {
    type: "http",
    scheme: "bearer",
    description: "A token of the console, `dst_…`, or `ADMIN_TOKEN`.",
  },
  accessAssertion: {
    type: "apiKey",
    in: "header",
    name: "Cf-Access-Jwt-Assertion",
    description:
      "The JWT that Cloudflare Access adds to a request, where the console is behind it. A change then needs to come from a page of the same origin.",
  },
} satisfies Record<string, JsonSchema>;

/** For anybody. */
export const OPEN: Security = [];

/** A source's key, in any of its places. The last way in, `[]`, is the key in the body. */
export const SOURCE_KEY: Security = [["keyBasic"], ["keyBearer"], ["keyHeader"], ["keyQuery"], []];

/** For anybody; the token opens what is for operators. */
export const OPEN_OR_ADMIN: Security = [[], ["adminToken"]];

/** The same, and for servers with a secret key. */
export const OPEN_OR_SERVER: Security = [[], ["adminToken"], ["keyBearer"], ["keyBasic"]];

export const ADMIN: Security = [["adminToken"], ["accessAssertion"]];
