/** A segment by a list that somebody else keeps: imported by address, kept as hashes. */
import { html } from "../../html.ts";
import type { Capability } from "./capability.ts";
import { CONSOLE, links, place } from "./place.ts";

export const lists: Capability = {
  slug: "lists",
  title: "Imported lists",
  lede: "The members of a club, the customers of a branch: a list of addresses or ids is imported, and is a segment from then on, also together with what people do here. Addresses are hashed and not kept.",
  steps: [
    "Accept all, and sign in with an address.",
    "In the console, under Segments, import that address into the list vip.",
    "Within two minutes the block below is for members.",
  ],
  show: () => html`${place("try-list", "The club", "Members see something else here.")}
${links(["/login", "Sign in"], CONSOLE)}`,
  code: `"lists":    { "vip": { "description": "Members of the club, imported each Monday" } }
"segments": { "vip": { "when": { "lists": { "$in": ["vip"] } } } }`,
};
