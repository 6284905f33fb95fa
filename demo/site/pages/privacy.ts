/** `/privacy`: what is collected and why, with Doorstep's own page of choices in a frame; `POST /dev/country`. */
import type { DemoRequest, Reply } from "../../http.ts";
import { seeOther } from "../../http.ts";
import { html } from "../html.ts";
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
</div></section>`,
  });
}

/** `POST /dev/country`: the developer's switch. The Worker reads the cookie only where that is allowed. */
export function setCountry(request: DemoRequest): Reply {
  const { country = "", back } = formFields(request);
  const value = /^[A-Z]{2}$/.test(country) ? country : "";
  return seeOther(safePath(back), [
    `ds_dev_country=${value}; Path=/; SameSite=Lax; Max-Age=${value === "" ? 0 : 31_536_000}`,
  ]);
}
