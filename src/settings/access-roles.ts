/** The setting ACCESS_ROLES: what somebody whom Cloudflare Access lets in may do, by e-mail address. */
import * as z from "zod";
import { once } from "#contracts/once";
import { ROLES } from "#contracts/taxonomy";

export const grantSchema = once(() =>
  z.strictObject({
    role: z.enum(ROLES),
    /** May see personal data. */
    personal: z.boolean().default(false),
    /** Sources whose events may be seen; all, if not told. */
    sources: z.array(z.string()).min(1).optional(),
  }),
);

/** Lower-case e-mail address, `@domain`, or a service token's client id → grant. Who is not listed gets in nowhere. */
export const accessRolesSchema = () =>
  z
    .record(z.string().min(3).max(320), grantSchema())
    .transform((given) =>
      Object.fromEntries(Object.entries(given).map(([who, grant]) => [who.toLowerCase(), grant])),
    );
