/** What a sender may reach besides HTTP, where a test is not about it: no token is kept yet, and no queue is bound. */
import { tokenCache } from "#forward/tokens";

export const reach = { tokens: tokenCache(), queueOf: () => undefined };
