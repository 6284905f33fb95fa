/** `/privacy`: what is collected and why, and the visitor's choice to read and change; `POST /dev/country`. */
import type { DemoRequest, Reply } from "../../http.ts";
import { seeOther } from "../../http.ts";
import { purposeChoices } from "../consent-banner.ts";
import { html } from "../html.ts";
import { page } from "../layout.ts";
import { formFields, safePath } from "../session.ts";

/** The privacy page. `site.js` fills in the current choice and saves a new one. */
export function privacyPage(request: DemoRequest): Reply {
  return page(request, {
    title: "Privacy choices",
    content: { content_id: "privacy", content_type: "page" },
    main: html`<section class="wrap wrap--narrow section"><h1>Privacy choices</h1>
<p class="story__lede">We ask once, keep the answer, and check it every time something would leave this page.</p>
<form class="form form--card consent-form" data-consent-form hidden>
<h2>What we may do</h2>
${purposeChoices("page")}
<p class="form__actions"><button class="button button--solid" type="submit">Save</button> <button class="button button--quiet" type="button" data-consent="reject">Reject all</button> <button class="button button--quiet" type="button" data-consent="accept">Accept all</button></p>
<p class="form__note" data-consent-state role="status"></p>
</form>
<p class="notice" data-consent-missing>Without JavaScript, or while the measuring script is not there, this site collects nothing and there is nothing to choose.</p>
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
