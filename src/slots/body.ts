/** The body of `POST /slots`, read and checked. Called by routes.ts. */
import * as z from "zod";
import { once } from "#contracts/once";
import { Problem } from "#core/problem";
import { readJson } from "#door/body";

export const MAX_SLOTS = 50;

const text = (max: number) => z.string().min(1).max(max);
const campaign = () => text(128).optional();

/** What a visitor's browser may not have sent, which many servers then write as an empty text: as good as left out. */
const sent = (max: number) => z.string().max(max).optional();

/** What a server that renders pages says of the visitor it renders for: of its own request we would see only the server. */
export const forwardedSchema = once(() =>
  z.strictObject({
    /** The `Cookie` header that the visitor's browser sent to it. */
    cookie: sent(16_384),
    user_agent: sent(1024),
    /** The visitor's address; it is truncated here, or not kept at all, as the policy says. */
    ip: sent(64),
    /** ISO 3166-1 alpha-2. Absent or empty: unknown, and the strictest regime of the policy's `otherwise` holds. */
    country: z
      .string()
      .regex(/^([A-Z]{2})?$/)
      .optional(),
    region: z
      .string()
      .regex(/^[A-Z0-9]{0,3}$/)
      .optional(),
    accept_language: sent(500),
    /** The browser sent `Sec-GPC: 1`. */
    gpc: z.boolean().optional(),
  }),
);
export type Forwarded = z.infer<ReturnType<typeof forwardedSchema>>;

export const slotsBodySchema = once(() =>
  z.object({
    slots: z.array(z.string()).min(1).max(MAX_SLOTS),
    explain: z.boolean().optional(),
    /** BCP 47; absent: what `Accept-Language` says. */
    locale: z
      .string()
      .max(35)
      .regex(/^[a-z]{2,3}(-[a-z0-9]{2,8})*$/i, "must be a language such as sk or pt-BR")
      .optional(),
    /** The page that the slots are on. */
    page: z
      .object({
        path: z.string().max(16_384).optional(),
        utm: z.object({ source: campaign(), medium: campaign(), campaign: campaign() }).optional(),
        /** Offers that it shows already: of their exclusion groups no other is chosen. */
        offers: z.array(z.string()).optional(),
      })
      .optional(),
    /** Only with a secret key. */
    visitor: forwardedSchema().optional(),
  }),
);
export type SlotsBody = z.infer<ReturnType<typeof slotsBodySchema>>;

/** @throws Problem 400 `invalid_slots` for the list, `invalid_body` for the rest; as readJson */
export async function readSlotsBody(request: Request): Promise<SlotsBody> {
  const parsed = slotsBodySchema().safeParse(await readJson(request));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path.join(".") ?? "";
  if (path === "" || path.startsWith("slots"))
    throw new Problem(400, "invalid_slots", `"slots" must be a list of 1 to ${MAX_SLOTS} names of slots.`);
  throw new Problem(400, "invalid_body", `${path}: ${issue?.message}`);
}
