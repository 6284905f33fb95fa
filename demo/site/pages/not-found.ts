/** The 404 page. */
import type { DemoRequest, Reply } from "../../http.ts";
import { html } from "../html.ts";
import { page } from "../layout.ts";

/** Answers 404 with a way back. */
export function notFoundPage(request: DemoRequest): Reply {
  return page(request, {
    title: "Off the map",
    status: 404,
    main: html`<section class="wrap wrap--narrow section center-text"><p class="kicker">404</p><h1>You have walked off the map</h1><p>There is nothing at this address. It may have moved, or it was never here.</p><p><a class="button button--solid" href="/">Back to the trailhead</a></p></section>`,
  });
}
