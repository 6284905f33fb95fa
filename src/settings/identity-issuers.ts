/** The setting IDENTITY_ISSUERS: who may sign that a visitor is a person. Read by src/door/proof. */
import * as z from "zod";
import { isNamespace } from "#contracts/namespaces";

/** Signature algorithms by kind of key. `none`, and mixing a shared secret with public keys, cannot be said. */
const PUBLIC_KEY_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"] as const;

const shared = () => ({
  /** Exactly what the token's `iss` says. */
  issuer: z.string().min(1).max(300),
  /** One of these must be in the token's `aud`. */
  audience: z
    .union([z.string().min(1).max(300), z.array(z.string().min(1).max(300)).min(1).max(10)])
    .transform((given) => [given].flat()),
  /** What the token's `sub` is. */
  namespace: z.enum(["user_id", "customer_id", "login_id"]).default("user_id"),
  /** Claims that are proved too, by namespace; `email` and `phone_number` count only with their `…_verified: true`. */
  claims: z
    .record(z.string().refine(isNamespace, "must be a namespace of identifiers"), z.string().min(1).max(100))
    .default({}),
  /** Seconds that a token may live from `iat` to `exp`; one that lives longer is refused. */
  maxLifetimeSeconds: z
    .number()
    .int()
    .min(60)
    .max(31 * 86_400)
    .default(86_400),
  /** Sources whose events these tokens may come with; all, if not told. */
  sources: z.array(z.string()).optional(),
});
const publicKeys = () => ({
  algorithms: z.array(z.enum(PUBLIC_KEY_ALGORITHMS)).min(1).default(["RS256", "ES256"]),
});

/** One issuer, with exactly one way to its keys. */
const issuerSchema = () =>
  z.union(
    [
      z.strictObject({ ...shared(), ...publicKeys(), jwksUrl: z.url({ protocol: /^https?$/ }).max(500) }),
      z.strictObject({
        ...shared(),
        ...publicKeys(),
        jwks: z.object({ keys: z.array(z.record(z.string(), z.unknown())).min(1).max(20) }),
      }),
      z.strictObject({
        ...shared(),
        algorithms: z.array(z.literal("HS256")).length(1).default(["HS256"]),
        secret: z.string().min(32, "must have 32 characters or more"),
      }),
    ],
    'must have "issuer", "audience", and one of "jwksUrl", "jwks" and "secret" (docs/identity-proof.md)',
  );

export const issuersSchema = () =>
  z
    .array(issuerSchema())
    .max(10)
    .refine((all) => new Set(all.map(({ issuer }) => issuer)).size === all.length, "lists an issuer twice");

export type IdentityIssuer = z.infer<ReturnType<typeof issuerSchema>>;
