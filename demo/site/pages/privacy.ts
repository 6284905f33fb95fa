/**
 * `/privacy`: what is collected and why, with Doorstep's own page of choices in a frame, and what visitors may ask for of
 * their data (assets/rights.js); `POST /dev/country`.
 */
import type { DemoRequest, Reply } from "../../http.ts";
import { seeOther } from "../../http.ts";
import { type Html, html } from "../html.ts";
import { page } from "../layout.ts";
import { formFields, safePath } from "../session.ts";

/** The privacy page. The frame needs no JavaScript; through the Worker it is of this origin. */
export function privacyPage(request: DemoRequest): Reply {
  return page(request, {
    title: "Privacy choices",
    content: { content_id: "privacy", content_type: "page" },
    main: html`<section class="wrap wrap--narrow section"><h1>Privacy</h1>
<p class="story__lede">We ask once, keep the answer, and check it every time something would leave this page.</p>
<iframe class="consent-page" src="/consent/page" title="Your privacy choices" data-consent-page></iframe>
<div class="prose">
<h2>Measurement</h2><p>Which pages are opened, what is clicked, how far a story is read. Addresses are cut, names are left out.</p>
<h2>Marketing</h2><p>If you give us your address in a form, we may pass it to the tool we write letters with.</p>
<h2>Personal pages</h2><p>What you read here can decide which story or offer stands at the top. Without this, everybody sees the same page.</p>
<h2>Global Privacy Control</h2><p>If your browser sends it, we treat it as a refusal of marketing. You need not do anything else.</p>
</div>
${rights(request)}</section>`,
  });
}

/** What a visitor may ask for, of the browser that they use. The law follows the place, as the consent banner does. */
function rights({ cookies }: DemoRequest): Html {
  const regulation = cookies.ds_dev_country === "US" ? "ccpa" : "gdpr";
  return html`<section class="rights" aria-labelledby="rights" data-rights data-regulation="${regulation}">
<h2 id="rights">Your data</h2>
<p>We know this browser by a cookie alone, so what you ask for here is about this browser. For what we keep under your
name or address, write to <a href="mailto:privacy@fjord.example">privacy@fjord.example</a>: we ask you to show that it is you.</p>
<noscript><p>These buttons need JavaScript. Write to us, and we do it for you.</p></noscript>
<ul class="rights__list">
<li><div><h3>See it</h3><p>Everything that is kept of this browser, as a page to read or print.</p></div>
<button class="button button--choice" type="button" data-ask="access">Show my data</button></li>
<li><div><h3>Take it along</h3><p>What you did here, as a file that another service can read.</p></div>
<button class="button button--choice" type="button" data-ask="portability">Make a copy</button></li>
<li><div><h3>Do not sell or share it</h3><p>Nothing of this browser goes to marketing tools any more.</p></div>
<button class="button button--choice" type="button" data-ask="opt_out">Opt out</button></li>
<li><div><h3>Erase it</h3><p>What is kept of this browser is deleted, here and at services that know it. It cannot be undone.</p></div>
<button class="button button--choice" type="button" data-confirm>Erase my data</button></li>
</ul>
<p class="rights__status" role="status" data-status hidden></p>
<dialog class="rights__dialog" aria-labelledby="rights-erase" data-dialog><form method="dialog">
<h3 id="rights-erase">Erase what is kept of this browser?</h3>
<p>You get a new start here: no history, no personal pages, and we ask again what you allow.</p>
<div class="rights__actions"><button class="button button--quiet">Keep it</button>
<button class="button button--solid" value="erase">Erase it</button></div></form></dialog>
</section>
<script src="/assets/rights.js" defer></script>`;
}

/** `POST /dev/country`: the developer's switch. The Worker reads the cookie only where that is allowed. */
export function setCountry(request: DemoRequest): Reply {
  const { country = "", back } = formFields(request);
  const value = /^[A-Z]{2}$/.test(country) ? country : "";
  return seeOther(safePath(back), [
    `ds_dev_country=${value}; Path=/; SameSite=Lax; Max-Age=${value === "" ? 0 : 31_536_000}`,
  ]);
}
