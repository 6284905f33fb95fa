/**
 * The consent banner's markup. It is hidden until `/assets/site.js` knows that the visitor has not
 * chosen yet; without JavaScript nothing is asked, because nothing is collected. Refusing is one click
 * with a button like the one that accepts.
 */
import type { Html } from "./html.ts";
import { html } from "./html.ts";

const PURPOSES = [
  { name: "analytics", label: "Measurement", text: "Count visits and see which stories are read." },
  { name: "marketing", label: "Marketing", text: "Keep in touch about what you asked us about." },
  {
    name: "personalization",
    label: "Personal pages",
    text: "Choose stories and offers by what you read here.",
  },
] as const;

/** The three purposes as checkboxes; `prefix` keeps ids apart where two forms are on one page. */
function purposeChoices(prefix: string): Html {
  return html`<div class="purposes">
${PURPOSES.map(
  ({ name, label, text }) => html`<label class="purpose" for="${prefix}-${name}">
<input type="checkbox" id="${prefix}-${name}" name="${name}" data-purpose="${name}">
<span><strong>${label}</strong><span class="purpose__text">${text}</span></span>
</label>`,
)}
</div>`;
}

/** The banner. Not modal: the page can be read while it is there. */
export function consentBanner(): Html {
  return html`<section class="consent" id="consent" aria-labelledby="consent-title" tabindex="-1" hidden>
<div class="consent__text">
<h2 id="consent-title">Your visit, your choice</h2>
<p>We would like to measure what is read, and to show you pages that fit. Nothing of that happens unless you say yes. <a href="/privacy">What this means</a></p>
</div>
<form class="consent__details" id="consent-details" hidden>
${purposeChoices("banner")}
<button class="button button--solid" type="submit">Save my choice</button>
</form>
<div class="consent__actions">
<button class="button button--choice" type="button" data-consent="reject">Reject all</button>
<button class="button button--choice" type="button" data-consent="accept">Accept all</button>
<button class="button button--quiet" type="button" data-consent="choose" aria-expanded="false" aria-controls="consent-details">Choose</button>
</div>
</section>`;
}
