/**
 * A CMS that renders on its own server asks for the decisions itself. Behind Doorstep the site never sees Doorstep's
 * cookies, so this page is opened at the site's own address, as that of a CMS beside Doorstep would be.
 */
import type { DemoRequest } from "../../../http.ts";
import { type Html, html, trusted } from "../../html.ts";
import type { Capability } from "./capability.ts";
import { baseline } from "./place.ts";

const TIMEOUT_MS = 500;
/** Nowhere else may a link send this server. */
const LOOPBACK = /^(?:localhost|127\.0\.0\.1):\d{1,5}$/;

export const server: Capability = {
  slug: "server",
  title: "Server-side rendering",
  lede: "A CMS that builds its pages itself asks for the decision while it renders. Doorstep checks the same consent, and answers with what to show.",
  steps: [
    "Accept personal pages, and open the winter page.",
    "Open this page at the site's own address: its server asks Doorstep, with your cookies, before it answers.",
    "Without consent, or where Doorstep does not answer in time, the server's own text stands there.",
  ],
  show: async (request, cookies) => {
    const front = request.headers["x-forwarded-host"];
    if (typeof front === "string" && LOOPBACK.test(front)) {
      const [name] = front.split(":");
      const port = String(request.headers.host).split(":")[1] ?? "";
      const href = `http://${name}:${port}/try/server?door=${front}`;
      return html`<p><a class="button button--solid" href="${href}">Open it at the site's own address</a></p>`;
    }
    const door = request.url.searchParams.get("door") ?? "";
    const found = LOOPBACK.test(door) ? await askDoorstep(request, door, cookies) : undefined;
    return (
      found ??
      html`<section class="try__place">${baseline("Topics", "Climbing, sailing, winter: you decide.")}</section>`
    );
  },
  code: `POST /slots
Authorization: Bearer <secret key>

{ "slots": ["try-topic"], "visitor": { "cookie": "<the visitor's>", "user_agent": "…", "country": "SK" } }`,
};

/** The offer's HTML; undefined where the page keeps its own. */
async function askDoorstep(
  { headers }: DemoRequest,
  door: string,
  cookies: string[],
): Promise<Html | undefined> {
  const visitor = {
    cookie: headers.cookie ?? "",
    user_agent: headers["user-agent"] ?? "",
    accept_language: headers["accept-language"] ?? "",
    gpc: headers["sec-gpc"] === "1",
  };
  try {
    const answer = await fetch(`http://${door}/slots`, {
      method: "POST",
      headers: { authorization: "Bearer sk_demo", "content-type": "application/json" },
      body: JSON.stringify({ slots: ["try-topic"], visitor }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const { slots } = (await answer.json()) as {
      slots?: { offer: string | null; content: { html?: string } | null }[];
    };
    cookies.push(...answer.headers.getSetCookie());
    const [slot] = slots ?? [];
    const markup = slot?.content?.html;
    if (!slot?.offer || markup === undefined) return undefined;
    return html`<section class="try__place" data-doorstep-slot="try-topic" data-doorstep-offer="${slot.offer}">${trusted(markup)}</section>`;
  } catch {
    return undefined; // The page has a text of its own for whatever happened to Doorstep.
  }
}
