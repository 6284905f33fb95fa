/** Items and answers that the tests of delivery start from. */
import type { DeliveryEvent, DeliveryItem } from "#contracts/messages/delivery_envelope";
import type { Fetch, Mapped } from "#forward/destinations/contract";
import { exampleEvent } from "#forward/destinations/example-event";

/** An item of a form submission, with what the test is about changed. */
export const itemOf = (
  id: string,
  event: Partial<DeliveryEvent> = {},
  item: Partial<DeliveryItem> = {},
): DeliveryItem => ({
  id,
  attempt: 1,
  subjects: [],
  event: exampleEvent("form_submit", { form_id: "newsletter" }, { id: `evt-${id}`, ...event }),
  ...item,
});

export const mappedOf = <Body>(itemId: string, body: Body): Mapped<Body> => ({
  itemId,
  event: exampleEvent("form_submit", {}),
  body,
});

export interface Sent {
  url: string;
  headers: Record<string, string>;
  body: string;
}

/** A vendor that plays these answers in turn, and then the last one; what it was sent is kept. */
export function vendor(...answers: ((sent: Sent) => Response | Promise<Response>)[]): {
  fetch: Fetch;
  sent: Sent[];
} {
  const sent: Sent[] = [];
  return {
    sent,
    fetch: async (url, init) => {
      const headers = Object.fromEntries(new Headers(init.headers));
      const request = { url, headers, body: String(init.body) };
      const answer = answers[Math.min(sent.length, answers.length - 1)];
      sent.push(request);
      if (!answer) throw new TypeError("connection reset");
      return answer(request);
    },
  };
}

export const json = (status: number, value: unknown, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(value), {
    status,
    headers: { "content-type": "application/json", ...headers },
  });
