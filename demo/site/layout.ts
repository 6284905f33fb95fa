/**
 * The frame of every page: head with the content's metadata, header, consent banner, footer with the
 * privacy link and the developer strip. Nothing here needs JavaScript to be read or used.
 */
import type { DemoRequest, Reply } from "../http.ts";
import { consentBanner } from "./consent-banner.ts";
import { topicName } from "./content.ts";
import type { Html } from "./html.ts";
import { html, trusted } from "./html.ts";
import { cartCount, signedInEmail, signedInName } from "./session.ts";
import { memberId, signInToken } from "./sign-in-token.ts";

/** What a page says about its content, for `<meta name="doorstep:content">`. Optional fields are left out. */
type ContentMeta = {
  content_id: string;
  content_type: "article" | "product" | "page";
  topic?: string;
  taxonomy?: readonly string[];
  author?: string;
  publish_date?: string;
};

/** One page to frame. `personal` pages (cart, checkout …) are never stored by a cache. */
export type Page = {
  title: string;
  description?: string;
  content?: ContentMeta;
  main: Html;
  status?: number;
  personal?: boolean;
  /** Scripts besides the site's own. */
  scripts?: readonly { src: string; data?: Readonly<Record<string, string>> }[];
};

const CONTENT_POLICY =
  "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'";

const NAV_TOPICS = ["climbing", "sailing", "winter"];
const COUNTRIES = { SK: "Slovakia", DE: "Germany", NO: "Norway", US: "United States" };

/** Frames a page and makes the reply. */
export function page(
  request: DemoRequest,
  { title, description, content, main, status = 200, personal = false, scripts = [] }: Page,
): Reply {
  const name = signedInName(request);
  const items = cartCount(request);
  // A page that shows a name, a cart or a chosen country belongs to one visitor.
  const shared =
    !personal && name === undefined && items === 0 && !request.cookies.ds_dev_country && status === 200;
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Fjord &amp; Field</title>
${description ? html`<meta name="description" content="${description}">` : null}
${content ? contentMeta(content) : null}
<meta name="theme-color" content="#16342f">
<link rel="icon" href="/assets/mark.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/site.css">
<script src="/doorstep.js" data-write-key="wk_demo" defer></script>
<script src="/assets/site.js" defer></script>
${scripts.map(({ src, data = {} }) => html`<script src="${src}" async${Object.entries(data).map(([name, value]) => html` data-${name}="${value}"`)}></script>`)}
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
${header(request.path, name, items)}
<main id="main">
${main}
</main>
${footer(request)}
${consentBanner()}
${member(request, name)}
</body>
</html>
`;
  return {
    status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": shared ? "public, max-age=0, must-revalidate" : "private, no-store",
      "content-security-policy": CONTENT_POLICY,
      "referrer-policy": "strict-origin-when-cross-origin",
    },
    body: document.markup,
  };
}

/** Who is signed in, with the proof of it, for the site's script to tell Doorstep. */
function member(request: DemoRequest, name: string | undefined): Html | null {
  const email = signedInEmail(request);
  if (email === undefined || name === undefined) return null;
  const told = {
    ...{ user_id: memberId(email), token: signInToken(email, Date.now()) },
    traits: { email, first_name: name },
  };
  return trusted(
    `<script type="application/json" id="member">${JSON.stringify(told).replaceAll("<", "\\u003c")}</script>`,
  );
}

// In single quotes with only &, < and ' escaped, so that the JSON stays readable in the page's source.
function contentMeta(content: ContentMeta): Html {
  const value = JSON.stringify(content)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll("'", "&#39;");
  return trusted(`<meta name="doorstep:content" content='${value}'>`);
}

function header(path: string, name: string | undefined, items: number): Html {
  const current = (href: string) => (path === href ? trusted(' aria-current="page"') : null);
  return html`<header class="masthead">
<div class="wrap masthead__row">
<a class="brand" href="/"><img src="/assets/mark.svg" alt="" width="34" height="34"><span>Fjord <em>&amp;</em> Field</span></a>
<nav class="nav" aria-label="Topics">
${NAV_TOPICS.map((topic) => html`<a href="/topics/${topic}"${current(`/topics/${topic}`)}>${topicName(topic)}</a>`)}
<a href="/#shop">Shop</a>
</nav>
<div class="masthead__tools">
${
  name === undefined
    ? html`<a href="/login"${current("/login")}>Sign in</a>`
    : html`<span class="masthead__name">Hello, ${name}</span><form method="post" action="/logout"><button class="link" type="submit">Sign out</button></form>`
}
<a class="cart-link" href="/cart"${current("/cart")}>Cart<span class="cart-link__count${items > 0 ? " cart-link__count--full" : ""}">${items}</span></a>
</div>
</div>
</header>`;
}

function footer(request: DemoRequest): Html {
  const country = request.cookies.ds_dev_country ?? "";
  return html`<footer class="footer">
<div class="wrap footer__row">
<div>
<p class="footer__brand">Fjord <em>&amp;</em> Field</p>
<p class="footer__small">Stories and gear for people who go outside anyway. An invented magazine: it shows what Doorstep does on a real page.</p>
</div>
<nav class="footer__links" aria-label="Footer">
<a href="/newsletter">Newsletter</a>
<a href="/try">Personal pages</a>
<a href="/privacy" data-consent-open>Privacy choices</a>
<a href="/cms">Editor</a>
</nav>
</div>
<div class="devstrip">
<form class="wrap devstrip__row" method="post" action="/dev/country">
<span class="devstrip__tag">Dev only</span>
<label for="dev-country">Visit as from</label>
<select id="dev-country" name="country" data-dev-country>
<option value=""${country === "" ? trusted(" selected") : null}>wherever you are</option>
${Object.entries(COUNTRIES).map(([code, label]) => html`<option value="${code}"${country === code ? trusted(" selected") : null}>${label} (${code})</option>`)}
</select>
<input type="hidden" name="back" value="${request.path}">
<button class="button button--quiet button--small" type="submit">Set</button>
</form>
</div>
</footer>`;
}
