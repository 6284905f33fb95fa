/**
 * A queue message that could not be worked off comes again, later each time: a store that is down for an hour must not
 * send what was accepted to the dead letters. With wrangler.toml's 100 retries it does so for about 16 hours.
 */

const MAX_SECONDS = 600;

export const retryLater = (message: Pick<Message<unknown>, "attempts" | "retry">): void =>
  message.retry({ delaySeconds: Math.min(5 * 2 ** Math.min(message.attempts, 7), MAX_SECONDS) });
