/** `/newsletter`, `/login` and `/logout`: the lead form, and a toy sign-in that believes everyone. */
import type { DemoRequest, Reply } from "../../http.ts";
import { seeOther } from "../../http.ts";
import { field, isEmail } from "../form.ts";
import { html } from "../html.ts";
import { page } from "../layout.ts";
import { formFields, SIGNED_OUT, sessionCookie } from "../session.ts";

/** `GET /newsletter`, and the form again with what was wrong in it. */
export function newsletterPage(request: DemoRequest, problems: Record<string, string> = {}): Reply {
  const values = formFields(request);
  return page(request, {
    title: "The Sunday letter",
    description: "One story, one route, one recipe, every Sunday.",
    content: { content_id: "newsletter", content_type: "page" },
    status: Object.keys(problems).length > 0 ? 422 : 200,
    main: html`<section class="wrap section lead">
<div class="lead__text"><p class="kicker">The Sunday letter</p><h1>One story, one route, one recipe</h1><p>Every Sunday before breakfast. It takes as long to read as a pot of coffee takes to brew, and you can leave with one click.</p>
<ul class="ticks"><li>A long read from the next issue</li><li>A day trip you can do by bus</li><li>Something that cooks on one flame</li></ul></div>
<form class="form form--card" method="post" action="/newsletter" data-doorstep-form="newsletter" data-doorstep-fields="email,first_name">
${field({ name: "email", label: "E-mail", type: "email", autocomplete: "email", value: values.email, problem: problems.email })}
${field({ name: "first_name", label: "First name", autocomplete: "given-name", value: values.first_name, problem: problems.first_name })}
<button class="button button--solid" type="submit">Send me the letter</button>
<p class="form__note">We write on Sundays and at no other time.</p>
</form></section>`,
  });
}

/** `POST /newsletter`. The address goes nowhere but through Doorstep: this site keeps none. */
export function subscribe(request: DemoRequest): Reply {
  const { email = "", first_name = "" } = formFields(request);
  const problems = {
    ...(isEmail(email) ? {} : { email: "Please give an e-mail address." }),
    ...(first_name === "" ? { first_name: "Please give your first name." } : {}),
  };
  return Object.keys(problems).length > 0
    ? newsletterPage(request, problems)
    : seeOther("/newsletter/thanks");
}

/** `GET /newsletter/thanks`. */
export function subscribedPage(request: DemoRequest): Reply {
  return page(request, {
    title: "See you on Sunday",
    personal: true,
    main: html`<section class="wrap wrap--narrow section"><p class="kicker">The Sunday letter</p><h1>See you on Sunday</h1><p>The first one arrives with the coffee. Until then there is plenty to read.</p><p><a class="button button--solid" href="/" data-doorstep-click="lead-home">To the stories</a></p></section>`,
  });
}

/** `GET /login`. */
export function loginPage(request: DemoRequest, problems: Record<string, string> = {}): Reply {
  return page(request, {
    title: "Sign in",
    personal: true,
    status: Object.keys(problems).length > 0 ? 422 : 200,
    main: html`<section class="wrap section center"><form class="form form--card" method="post" action="/login" data-login>
<h1>Welcome back</h1>
${field({ name: "email", label: "E-mail", type: "email", autocomplete: "username", value: formFields(request).email, problem: problems.email })}
${field({ name: "password", label: "Password", type: "password", autocomplete: "current-password", required: false })}
<button class="button button--solid" type="submit">Sign in</button>
<p class="form__note">A pretend account: any address will do, and the password is not looked at. The name is what stands before the @.</p>
</form></section>`,
  });
}

/** `POST /login`. */
export function signIn(request: DemoRequest): Reply {
  const { email = "" } = formFields(request);
  if (!isEmail(email)) return loginPage(request, { email: "Please give an e-mail address." });
  return seeOther("/", [sessionCookie(email.toLowerCase())]);
}

/** `POST /logout`. */
export function signOut(): Reply {
  return seeOther("/", [...SIGNED_OUT]);
}
