/**
 * Before and after anything is measured: that a Worker answers as it would in production, and that each event that it
 * said yes to has really arrived behind it, in our queue or at the destination. Otherwise the bench fails.
 */
import { request } from "node:http";
import { eventEnvelopeSchema } from "#contracts/messages/event_envelope";
import type { BenchRequest } from "./requests/request.ts";
import type { Server } from "./workerd.ts";

/** Of each list of requests: those of 25 visitors. */
const CHECKED_REQUESTS = 100;

/** Our Worker: the answer of the protocol, and one message in the queue with exactly the request's events. */
export async function checkOurs(server: Server, requests: readonly BenchRequest[]): Promise<void> {
  for (const asked of requests.slice(0, CHECKED_REQUESTS)) {
    const before = await takenBy(server);
    const { status, text } = await ask(server, asked);
    const after = await takenBy(server);
    const { answer, events } = asked;
    if (status !== answer.status || !text.startsWith(answer.begins) || !text.includes(answer.has ?? ""))
      throw new Error(`${asked.method} ${asked.path} is answered ${status} ${text}`);
    const messages = after.count - before.count;
    if (messages !== (events.length > 0 ? 1 : 0))
      throw new Error(`${asked.method} ${asked.path} brought ${messages} messages to the queue`);
    const names = messages === 0 ? [] : namesIn(after.last);
    if (names.join() !== events.join())
      throw new Error(
        `${asked.method} ${asked.path} brought ${names.join() || "no event"} to the queue: ${after.last}`,
      );
  }
}

/** A Worker that ours is compared with: it says yes; one that can tell has delivered each event on its own. */
export async function checkOther(server: Server, requests: readonly BenchRequest[]): Promise<void> {
  for (const asked of requests.slice(0, CHECKED_REQUESTS)) {
    const before = server.takenPort === undefined ? undefined : await takenBy(server);
    const { status, text } = await ask(server, asked);
    if (status >= 300) throw new Error(`${asked.method} ${asked.path} is answered ${status} ${text}`);
    if (!before) continue;
    const { count, last } = await takenBy(server);
    if (count - before.count !== asked.events.length)
      throw new Error(`${asked.method} ${asked.path}: ${count - before.count} events were delivered`);
    if (asked.events.at(-1) === "page_view" && Object.keys(JSON.parse(last)).length !== 9)
      throw new Error(`the delivered page view has not its nine fields: ${last}`);
  }
}

/** What a Worker was given so far: our queue counts messages, a destination counts events. */
export async function takenBy({ takenPort }: Server): Promise<{ count: number; last: string }> {
  const answer = await fetch(`http://127.0.0.1:${takenPort}/`);
  return (await answer.json()) as { count: number; last: string }; // as bench/workers say it
}

function namesIn(message: string): string[] {
  const { events, refused } = eventEnvelopeSchema.parse(JSON.parse(message));
  return [...events.map(({ name }) => name), ...refused.map(({ name, code }) => `${name} ${code}`)];
}

/** Sends one request. Not by fetch, which would write its own Host. */
export function ask({ port }: Server, asked: BenchRequest): Promise<{ status: number; text: string }> {
  const { method, path, headers, body } = asked;
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: "127.0.0.1", port, method, path, headers }, async (answer) => {
      let text = "";
      for await (const chunk of answer) text += String(chunk);
      resolve({ status: answer.statusCode ?? 0, text });
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}
