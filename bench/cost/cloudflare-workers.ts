/** What src/ imports from `cloudflare:workers`, for a run of the Worker in Node: only the base class of its objects. */
export class DurableObject {
  readonly ctx: unknown;
  readonly env: unknown;
  constructor(ctx: unknown, env: unknown) {
    this.ctx = ctx;
    this.env = env;
  }
}
