/** Texts with fields, filled per visitor and escaped; personal ones only for whom the site has proved. */
import { html } from "../../html.ts";
import type { Capability } from "./capability.ts";
import { links, place } from "./place.ts";

export const templates: Capability = {
  slug: "templates",
  title: "Templates",
  lede: "Content may name what is known: the topic somebody reads most, and a first name once the person has signed in and agreed. There is no logic in it, and everything is escaped.",
  steps: [
    "Accept all in the banner, read something and come back: the line names the topic.",
    "Sign in with any address. The site's server signs a token for it, and some seconds later this page knows your name.",
    "Withdraw your consent in the footer, or sign out: the next page knows nothing of it.",
  ],
  show: () => html`${place("try-greeting", "Hello", "Have a look around.")}
${links(["/topics/winter", "Read something"], ["/login", "Sign in"])}`,
  code: `{{#person.first_name}}Welcome back, {{person.first_name}}.{{/person.first_name}}
{{^person.first_name}}Good to see you.{{/person.first_name}}
{{#top_topic}}You read mostly about {{top_topic}}.{{/top_topic}}

doorstep.identify("member-1", { traits: { email, first_name }, token: "…signed by the site's server…" })`,
};
