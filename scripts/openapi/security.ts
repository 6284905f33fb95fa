/** Ways in: keys of sources (src/collect/key.ts) and the operator's token (src/console/auth.ts). */
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
  adminToken: { type: "http", scheme: "bearer", description: "The console's token, `ADMIN_TOKEN`." },
} satisfies Record<string, JsonSchema>;

/** For anybody. */
export const OPEN: Security = [];

/** A source's key, in any of its places. The last way in, `[]`, is the key in the body. */
export const SOURCE_KEY: Security = [["keyBasic"], ["keyBearer"], ["keyHeader"], ["keyQuery"], []];

/** For anybody; the token opens what is for operators. */
export const OPEN_OR_ADMIN: Security = [[], ["adminToken"]];

export const ADMIN: Security = [["adminToken"]];
