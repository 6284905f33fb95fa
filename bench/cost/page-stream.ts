/** What Node lacks of what a page streams through, and the CPU that it takes in workerd. Called by simulate.ts. */

/** CPU of letting a page of 23 kB through and filling its slots, in workerd: ms, by `npm run bench -- --only pages`. */
export const PAGE_FILL_MS = 0.4;

/** The runtime's takes the bytes before a write has ended; this one would still have the writer's buffer. */
class IdentityTransformStream extends TransformStream<Uint8Array, Uint8Array> {
  constructor() {
    super({ transform: (piece, controller) => controller.enqueue(piece.slice()) });
  }
}

export function providePageStream(): void {
  Object.assign(globalThis, { IdentityTransformStream });
}
