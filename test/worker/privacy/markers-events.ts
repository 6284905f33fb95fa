/** What the marker test plants in events: a marker wherever a protocol takes a text. */
import { mark } from "./markers.ts";

let id = 0;
export const event = (name: string, properties: unknown = {}, more: Record<string, unknown> = {}) => ({
  id: `planted-${++id}`,
  name,
  occurred_at: new Date().toISOString(),
  properties,
  ...more,
});

/** A text of a place where texts are scrubbed, with an address and a number in it. */
export const prose = (place: string) => `call ${mark.phone(place)} or write to ${mark.email(place)} today`;

export const traits = (place: string) => ({
  email: mark.email(`${place}: trait email`),
  phone: mark.phone(`${place}: trait phone`),
  customer_id: mark.word(`${place}: trait customer_id`),
  first_name: mark.word(`${place}: trait first_name`),
  last_name: mark.word(`${place}: trait last_name`),
  company: mark.word(`${place}: trait company`),
  shoe_size: mark.word(`${place}: a trait that no contract has`),
  [mark.email(`${place}: the name of a trait`)]: "x",
});

export const page = (place: string) => ({
  url: `https://shop.example/u/${mark.email(`${place}: path of the page's URL`)}/x?email=${mark.word(`${place}: query of the page's URL`)}&utm_term=${encodeURIComponent(mark.email(`${place}: utm_term of the page's URL`))}#${mark.word(`${place}: fragment of the page's URL`)}`,
  title: prose(`${place}: title`),
  referrer: `https://mail.example/${mark.email(`${place}: path of the referrer`)}?q=${mark.word(`${place}: query of the referrer`)}`,
});

/** An event with a marker wherever the native protocol takes a text. */
export const full = (
  place: string,
  name: string,
  properties: Record<string, unknown> = {},
  more: Record<string, unknown> = {},
) =>
  event(
    name,
    {
      ...properties,
      [mark.email(`${place}: the name of a property`)]: mark.word(
        `${place}: a property that no contract has`,
      ),
      nested: { deep: [{ er: mark.word(`${place}: deep in a property that no contract has`) }] },
    },
    {
      anonymous_id: mark.email(`${place}: anonymous_id`),
      user_id: mark.email(`${place}: user_id`),
      traits: traits(place),
      context: {
        page: page(place),
        utm: { source: prose(`${place}: utm.source`), campaign: prose(`${place}: utm.campaign`) },
        ip: "198.51.100.77",
        traits: { email: mark.email(`${place}: context.traits`) },
        [mark.email(`${place}: the name of a context field`)]: mark.word(
          `${place}: a context field that no contract has`,
        ),
      },
      [mark.email(`${place}: the name of an event's member`)]: mark.word(
        `${place}: a member that no event has`,
      ),
      ...more,
    },
  );
