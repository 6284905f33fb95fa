import { DurableObject } from "cloudflare:workers";
export class LiveTail extends DurableObject {}
export class Destination extends DurableObject {}
export default { fetch: () => new Response("empty") };
