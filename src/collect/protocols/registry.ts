/** Every wire protocol, one line each. Routes and the generic protocol tests iterate this object. */
import { native } from "./native.ts";
import type { Protocol } from "./protocol.ts";
import { segment } from "./segment.ts";

export const PROTOCOLS = { native, segment } satisfies Record<string, Protocol>;
