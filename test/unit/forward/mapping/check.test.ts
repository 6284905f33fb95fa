/** What publishing says of mappings: each message, at its exact place. */
import { describe, expect, it } from "vitest";
import { destinationSchema } from "#contracts/definitions/destination";
import { featureSchema } from "#contracts/definitions/feature";
import type { Expression } from "#contracts/definitions/mapping";
import { checkDestination } from "#forward/check";

const SECRETS: Record<string, string> = { HOOK: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", TOKEN: "x" };
const features = {
  orders: featureSchema.parse({ event: "purchase", agg: "count" }),
  last_click: featureSchema.parse({ event: "page_view", agg: "last", field: "content.topic" }),
};

interface Given {
  type?: keyof typeof SETTINGS;
  purposes?: string[];
  more?: object;
}
const SETTINGS = {
  webhook: { url: "https://hooks.example.com/", secret: { $secret: "HOOK" } },
  ga4: { measurement_id: "G-DEMO", api_secret: { $secret: "TOKEN" } },
  hubspot: { token: { $secret: "TOKEN" } },
  meta: { dataset_id: "123456789012345", access_token: { $secret: "TOKEN" } },
  salesforce: {
    ...{ login_url: "https://acme.my.salesforce.com", client_id: "app" },
    client_secret: { $secret: "TOKEN" },
  },
};

/** Issues by the place within the mapping. */
function issuesOf(mapping: object, { type = "webhook", purposes, more }: Given = {}): Record<string, string> {
  const definition = destinationSchema.parse({
    type,
    queue: "crm",
    purposes: purposes ?? ["analytics", "marketing", "personalization"],
    settings: SETTINGS[type],
    mappings: [{ events: ["purchase"], ...mapping }],
    ...more,
  });
  const issues = checkDestination("mine", definition, (name) => SECRETS[name], { features });
  return Object.fromEntries(
    issues.map(({ path, message }) => [path.replace("destinations.mine.mappings.0.", ""), message]),
  );
}
const set = (value: Expression, given?: Given) => {
  const target =
    given?.type === "ga4" ? "event.params.x" : given?.type === "hubspot" ? "properties.x" : "data.x";
  const issues = issuesOf({ set: { [target]: value } }, given);
  return Object.fromEntries(
    Object.entries(issues).map(([path, message]) => [path.replace(`set.${target}`, "·"), message]),
  );
};

it("what can be done is published", () => {
  const mapping = {
    when: { "properties.value": { $gte: 1 }, segments: { $elemMatch: { $eq: "loyal" } } },
    set: {
      "data.total": { path: "properties.value" },
      "data.customer": { sha256: { path: "traits.email" }, form: "email" },
      "data.lines": {
        each: "properties.items",
        fields: { sku: { path: "item.product_id" }, text: { template: "{{item.name}} x {{item.quantity}}" } },
      },
      "data.first": { first: [{ path: "properties.items.0.product_id" }, { value: "none" }] },
      "data.orders": { path: "features.orders" },
    },
    remove: ["data.context"],
  };
  expect(issuesOf(mapping)).toEqual({});
});

describe("what a mapping reads", () => {
  it.each<[string, Expression, string, string, Given?]>([
    [
      "a property that the contract has not",
      { path: "properties.colour" },
      "·.path",
      'there is no "properties.colour" in purchase',
    ],
    [
      "an own name of objects",
      { path: "properties.toString" },
      "·.path",
      'there is no "properties.toString"',
    ],
    [
      "a root that there is not",
      { path: "props.value" },
      "·.path",
      'there is no "props": a path begins with one of id, name',
    ],
    ["a feature that the release has not", { path: "features.clicks" }, "·.path", 'no feature "clicks"'],
    [
      "a field that serves none of its purposes",
      { path: "context.click_ids.gclid" },
      "·.path",
      '"context.click_ids.gclid" never arrives here: it serves marketing alone',
      { purposes: ["analytics"] },
    ],
    [
      "the door's own context",
      { path: "context.session.number" },
      "·.path",
      "never arrives here: it serves analytics, personalization alone",
      { purposes: ["marketing"] },
    ],
    [
      "traits without marketing",
      { sha256: { path: "traits.email" } },
      "·.sha256.path",
      'traits never arrive: they serve "marketing" alone',
      { purposes: ["analytics"] },
    ],
    [
      "traits where the vendor takes none",
      { sha256: { path: "traits.email" } },
      "·.sha256.path",
      'the type "ga4" takes no personal data',
      { type: "ga4" },
    ],
    ["item outside of each", { path: "item.price" }, "·.path", "`item` is only within `each`"],
    [
      "a field that the item has not",
      { each: "properties.items", as: { path: "item.colour" } },
      "·.as.path",
      'there is no "item.colour"',
    ],
    ["no list", { each: "properties.value", as: { value: 1 } }, "·.each", "is not a list"],
    [
      "a path in a template",
      { template: "{{properties.colour}}" },
      "·.template",
      'there is no "properties.colour"',
    ],
    ["braces of a template", { template: "{{properties.value}" }, "·.template", "braces that are no pair"],
    [
      "a list in a template",
      { template: "{{segments}}" },
      "·.template",
      "is a list, which is no text: use join",
    ],
    [
      "a cast of a list",
      { cast: "number", of: { path: "segments" } },
      "·.of",
      "is a list, which cannot be cast",
    ],
    [
      "a hash of an object",
      { sha256: { path: "properties.items.0" } },
      "·.sha256",
      "is an object, which cannot be hashed",
    ],
    [
      "a join of a number",
      { join: { path: "properties.value" }, with: "," },
      "·.join",
      "is a number: only a list",
    ],
    [
      "a field of a condition",
      { if: { "properties.colour": "red" }, is: { value: 1 } },
      "·.if.properties.colour",
      "there is no",
    ],
    [
      "a field deep in a condition",
      { if: { $or: [{ $not: { "item.x": 1 } }] }, is: { value: 1 } },
      "·.if.$or.0.$not.item.x",
      "`item` is only within `each`",
    ],
    [
      "an operator that there is not",
      { if: { "properties.value": { $more: 1 } }, is: { value: 1 } },
      "·.if.properties.value.$more",
      "is no operator",
    ],
    [
      "an unknown root of a condition",
      { if: { price: 1 }, is: { value: 1 } },
      "·.if.price",
      "is no known field",
    ],
  ])("%s", (_title, expression, at, message, given) => {
    expect(set(expression, given)).toEqual({ [at]: expect.stringContaining(message) });
  });

  it("what is nested too deep is refused where it begins", () => {
    let value: Expression = { path: "properties.value" };
    for (let n = 0; n < 10; n++) value = { cast: "string", of: value };
    expect(Object.values(set(value))).toEqual(["is nested deeper than 10 expressions"]);
  });

  it("a trait goes in the clear only to a vendor that is sent traits in the clear", () => {
    const value: Expression = { path: "traits.first_name" };
    expect(set(value)).toEqual({});
    expect(set(value, { type: "hubspot" })).toEqual({});
    const target = "user_data.external_id";
    const ofMeta = (value: Expression) => issuesOf({ set: { [target]: value } }, { type: "meta" });
    expect(ofMeta({ list: [value] })).toEqual({
      [`set.${target}.list.0.path`]:
        '"traits.first_name" may only be sent as a hash: the type "meta" sends no trait in the clear',
    });
    expect(ofMeta({ list: [{ sha256: value, form: "lower" }] })).toEqual({});
    const byNumber = { settings: { ...SETTINGS.salesforce, key: "customer_id" } };
    const ofSalesforce = (more: object) =>
      issuesOf({ set: { "fields.Nickname__c": value } }, { type: "salesforce", more });
    expect(ofSalesforce({})).toEqual({});
    expect(ofSalesforce(byNumber)).toEqual({});
  });
});

describe("what a mapping sets", () => {
  it.each<[string, object, string, string, Given?]>([
    [
      "a field that the body has not",
      { set: { "event.title": { value: "x" } } },
      "set.event.title",
      'there is no "event.title" in what the type "ga4" sends',
      { type: "ga4" },
    ],
    [
      "a field that it has not is removed",
      { remove: ["event.title"] },
      "remove.0",
      'there is no "event.title"',
      { type: "ga4" },
    ],
    [
      "a kind that it does not take",
      { set: { "event.timestamp_micros": { path: "properties.currency" } } },
      "set.event.timestamp_micros",
      "is a text, and the field takes a number: cast it",
      { type: "ga4" },
    ],
    [
      "a number for a text",
      { set: { "properties.x": { path: "properties.value" } } },
      "set.properties.x",
      "is a number, and the field takes a text: cast it",
      { type: "hubspot" },
    ],
    [
      "a literal that it does not take",
      { set: { "event.timestamp_micros": { value: "now" } } },
      "set.event.timestamp_micros",
      '"now" is not a value that this field takes',
      { type: "ga4" },
    ],
    [
      "consent",
      { set: { "consent.ad_user_data": { value: "GRANTED" } } },
      "set.consent.ad_user_data",
      "what was agreed to",
      { type: "ga4" },
    ],
    [
      "whether it is proved",
      { set: { verified: { value: true } } },
      "set.verified",
      "cannot be mapped",
      { type: "hubspot" },
    ],
    ["whose it is", { set: { "data.profile": { path: "source" } } }, "set.data.profile", "cannot be mapped"],
    ["consent is removed", { remove: ["data.consent"] }, "remove.0", "cannot be mapped"],
    [
      "a mode where nothing is kept",
      { modes: { "data.x": "if_empty" } },
      "modes.data.x",
      'the type "webhook" keeps no records',
    ],
    [
      "a mode of what is no record",
      { modes: { "event.properties.x": "if_empty" } },
      "modes.event.properties.x",
      "only what lies in properties",
      { type: "hubspot" },
    ],
    [
      "an event that there is not",
      { events: ["purchase", "bought"] },
      "events.1",
      'there is no contract for "bought"',
    ],
    [
      "an event that does not go there",
      { events: ["refund"] },
      "events.0",
      "is not among the destination's events",
      { more: { events: ["purchase"] } },
    ],
    [
      "changes of profiles to who takes none",
      { events: ["profile_change"] },
      "events.0",
      "takes no changes of profiles",
      { type: "ga4" },
    ],
    [
      "changes of profiles that nobody sends",
      { events: ["profile_change"] },
      "events.0",
      "the destination has no `changes`",
    ],
    [
      "its condition",
      { when: { "properties.colour": 1 } },
      "when.properties.colour",
      'there is no "properties.colour"',
    ],
  ])("%s", (_title, mapping, at, message, given) => {
    expect(issuesOf(mapping, given)).toEqual({ [at]: expect.stringContaining(message) });
  });

  it("a mode of a record's field may be published, and a change of a profile be mapped", () => {
    expect(issuesOf({ modes: { "properties.phone": "if_empty" } }, { type: "hubspot" })).toEqual({});
    const mapping = { events: ["profile_change"], set: { "data.stage": { path: "properties.stage.to" } } };
    expect(issuesOf(mapping, { more: { changes: { stage: true } } })).toEqual({});
  });

  it("each event's own contract counts, and the same is said once", () => {
    expect(
      issuesOf({ events: ["purchase", "page_view"], set: { "data.x": { path: "properties.order_id" } } }),
    ).toEqual({
      "set.data.x.path": 'there is no "properties.order_id" in page_view',
    });
  });
});
