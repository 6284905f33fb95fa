/**
 * The site's own cookies: the cart, and who is signed in. Both are first-party and needed for the shop
 * to work. The sign-in is a toy: whoever types an address is that person.
 */
import type { DemoRequest } from "../http.ts";
import { decodeOr } from "../http.ts";
import type { Product } from "./content.ts";
import { PRODUCTS, productBySlug } from "./content.ts";

/** One line of the cart. */
export type CartLine = { product: Product; quantity: number };

const QUANTITY_LIMIT = 20;
const YEAR_SECONDS = 31_536_000;

/** The cart's lines; unknown products and odd quantities in the cookie are left out. */
export function cartLines(request: DemoRequest): CartLine[] {
  const quantities = new Map<string, number>();
  for (const entry of (request.cookies.cart ?? "").split("|").slice(0, 50)) {
    const [slug = "", count = ""] = entry.split(":");
    if (/^\d{1,2}$/.test(count)) quantities.set(slug, Math.min(Number(count), QUANTITY_LIMIT));
  }
  return PRODUCTS.flatMap((product) => {
    const quantity = quantities.get(product.slug) ?? 0;
    return quantity > 0 ? [{ product, quantity }] : [];
  });
}

/** How many things are in the cart. */
export function cartCount(request: DemoRequest): number {
  return cartLines(request).reduce((sum, line) => sum + line.quantity, 0);
}

/** The total in euros, to the cent. */
export function cartTotal(lines: readonly CartLine[]): number {
  return (
    Math.round(lines.reduce((sum, { product, quantity }) => sum + product.price * quantity, 0) * 100) / 100
  );
}

/** The Set-Cookie for these lines; none empties the cart. */
export function cartCookie(lines: readonly CartLine[]): string {
  const value = lines.map(({ product, quantity }) => `${product.slug}:${quantity}`).join("|");
  return `cart=${encodeURIComponent(value)}; Path=/; SameSite=Lax; Max-Age=${value === "" ? 0 : YEAR_SECONDS}`;
}

/** The lines with `quantity` more of a product; a negative number takes away. */
export function withProduct(lines: readonly CartLine[], slug: string, quantity: number): CartLine[] {
  const product = productBySlug(slug);
  if (product === undefined) return [...lines];
  const before = lines.find((line) => line.product === product)?.quantity ?? 0;
  const after = Math.max(0, Math.min(QUANTITY_LIMIT, before + quantity));
  const others = lines.filter((line) => line.product !== product);
  return after === 0 ? others : [...others, { product, quantity: after }];
}

/** The signed-in visitor's address. */
export function signedInEmail(request: DemoRequest): string | undefined {
  const email = request.cookies.session_user;
  return email?.includes("@") ? email : undefined;
}

/** A short name for the header, from the part before the @. */
export function signedInName(request: DemoRequest): string | undefined {
  const first = signedInEmail(request)
    ?.split("@")[0]
    ?.split(/[.+_-]/)[0];
  return first ? first.charAt(0).toUpperCase() + first.slice(1, 24) : undefined;
}

/** The Set-Cookie of a sign-in. */
export const sessionCookie = (email: string): string =>
  `session_user=${encodeURIComponent(email)}; Path=/; HttpOnly; SameSite=Lax; Max-Age=86400`;

/** Of a sign-out: the browser is nobody's from now on, also to Doorstep (docs/identity-proof.md). */
export const SIGNED_OUT: readonly string[] = ["session_user", "ds_id", "ds_session"].map(
  (name) => `${name}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0`,
);

/** The fields of a posted form, trimmed; a repeated field keeps its first value. */
export function formFields(request: DemoRequest): Record<string, string> {
  const fields: Record<string, string> = Object.create(null);
  for (const [name, value] of new URLSearchParams(request.body.toString("utf8")))
    fields[name] ??= value.trim();
  return fields;
}

/** A path of this site to go back to, whatever a form says. */
export function safePath(path: string | undefined): string {
  return path !== undefined && /^\/(?![/\\])[\w\-./~%?=&#]*$/.test(decodeOr(path)) ? path : "/";
}
