/**
 * `GET /consent/page` and its form: what a site embeds in an `<iframe>`, or links to, so that its visitors see and change
 * what they decided. Mounted by routes.ts.
 */
import { Hono } from "hono";
import { PURPOSES } from "#contracts/taxonomy";
import { toBase64Url } from "#core/base64";
import { transportHeaders } from "#core/headers";
import { Problem } from "#core/problem";
import type { Source } from "../../settings/sources.ts";
import { readText } from "../body.ts";
import type { RequestContext } from "../context.ts";
import type { Asked } from "./body.ts";
import { entriesOf } from "./history.ts";
import { consentPage } from "./page.ts";
import { type ConsentDeps, decideHere, recordWithdrawal, refusePreview } from "./record.ts";
import { isSameOrigin } from "./same-origin.ts";
import { deniedElsewhere } from "./words.ts";

const NONCE_BYTES = 16;

export function consentPageRoutes(deps: ConsentDeps): Hono {
  const app = new Hono();

  app.get("/consent/page", async (c) => {
    const context = await deps.context(c);
    const history = await entriesOf(context, c.req.raw.headers, deps);
    const cookies = await recordWithdrawal(context, c.req.raw.headers, deps);
    const nonce = toBase64Url(deps.randomBytes(NONCE_BYTES));
    const saved = c.req.query("saved") !== undefined;
    const html = consentPage({ context, ...history, saved, nonce });
    const { SOURCES, DEV } = context.settings;
    const headers = { ...headersOf(SOURCES, nonce), ...transportHeaders(c.req.url, DEV) };
    const response = new Response(html, { headers });
    for (const cookie of cookies) response.headers.append("set-cookie", cookie);
    return response;
  });

  app.post("/consent/page", async (c) => {
    const request = c.req.raw;
    if (!isSameOrigin(request))
      throw new Problem(403, "cross_site", "Consent can only be changed by this page's own form.");
    const form = new URLSearchParams(await readText(request));
    const context = await deps.context(c);
    refusePreview(context);
    const { cookies } = await decideHere(c, context, askedBy(form, context), deps);
    // As the visitor's browser asked for it: below BASE_PATH, and under the name that the site gave it.
    const location = `${new URL(request.url).pathname}?saved`;
    const headers = new Headers({ location, "cache-control": "private, no-store" });
    for (const cookie of cookies) headers.append("set-cookie", cookie);
    return new Response(null, { status: 303, headers });
  });

  return app;
}

/** @throws Problem 400 `invalid_body` */
function askedBy(form: URLSearchParams, context: RequestContext): Asked {
  const decision = form.get("decision");
  if (decision !== "save" && decision !== "all" && decision !== "none")
    throw new Problem(400, "invalid_body", "decision: must be save, all or none");
  const elsewhere = deniedElsewhere(context);
  const says: Asked["says"] = {};
  for (const purpose of PURPOSES) {
    // What is denied elsewhere has a switch that cannot be moved, and stays as it was here.
    if (decision === "none") says[purpose] = "denied";
    else if (elsewhere.has(purpose)) continue;
    else says[purpose] = decision === "all" || form.get(purpose) === "granted" ? "granted" : "denied";
  }
  return { says, marketingByWord: says.marketing === "granted", source: "choice", evidence: "page" };
}

/** Who may show it in a frame: our own origin, and those of the sites that are sources. */
function headersOf(sources: readonly Source[], nonce: string): Record<string, string> {
  const origins = sources.filter(({ disabled }) => !disabled).flatMap((source) => source.origins);
  const policy = [
    "default-src 'none'",
    `style-src 'nonce-${nonce}'`,
    "form-action 'self'",
    "base-uri 'none'",
    `frame-ancestors ${["'self'", ...new Set(origins)].join(" ")}`,
  ];
  return {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": policy.join("; "),
    "cache-control": "private, no-store",
    vary: "Cookie, Sec-GPC, Sec-Fetch-Site",
    // Not `no-referrer`: with it a browser would call the form's own origin "null".
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
  };
}
