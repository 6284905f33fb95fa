/** What is kept of objects for their shape alone. That it helps is counted by `npm run bench -- --only shapes`. */
import { describe, expect, it } from "vitest";
import { keepsParsedShapes, keepsShape, withoutValues } from "#core/shapes";

describe("what is kept of a parsed body", () => {
  it("has its names, in their order, and none of its values", () => {
    const body = JSON.parse(
      '{"events":[{"name":"purchase","properties":{"value":9.9,"items":[{"id":"a1","qty":2}],"gift":true}},"x"],"sent_at":1764000000000,"token":null}',
    );
    expect(JSON.stringify(withoutValues(body))).toBe(
      '{"events":[{"name":"","properties":{"value":0.5,"items":[{"id":"","qty":0}],"gift":true}},""],"sent_at":0.5,"token":null}',
    );
  });

  it("is no part of what came in", () => {
    const body = { events: [{ name: "login" }] };
    expect(withoutValues(body)).not.toBe(body);
    expect(body).toEqual({ events: [{ name: "login" }] });
  });

  it.each([null, "text", 7, true, []])("may be anything: %j", (body) => {
    const keep = keepsParsedShapes();
    for (let n = 0; n < 20; n++) expect(() => keep(body)).not.toThrow();
  });

  it("may have a name that objects have of their own", () => {
    const body = JSON.parse('{"__proto__":{"toString":"x"},"constructor":"y"}');
    expect(JSON.stringify(withoutValues(body))).toBe('{"__proto__":{"toString":""},"constructor":""}');
  });
});

it("what is kept as it is comes back as the very same", () => {
  const keep = keepsShape<{ id: number }>();
  const [first, second] = [{ id: 1 }, { id: 2 }];
  expect(keep(first)).toBe(first);
  expect(keep(second)).toBe(second);
});
