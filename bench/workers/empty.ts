/** A Worker that does nothing: what is left of another's start when this one's is taken away is that other's own. */
export default { fetch: () => new Response("ok") };
