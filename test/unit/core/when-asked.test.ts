/** What is loaded with the first request for it. */
import { expect, it } from "vitest";
import { whenAsked } from "#core/when-asked";

it("is loaded once, and needs no promise after that", async () => {
  let loads = 0;
  const ask = whenAsked(async () => ({ number: ++loads }));
  expect(loads).toBe(0);
  expect(await ask(({ number }) => number)).toBe(1);
  expect(ask(({ number }) => number)).toBe(1);
});

it("is the same for all who asked before it was there", async () => {
  let loads = 0;
  const ask = whenAsked(async () => ({ number: ++loads }));
  const [one, other] = await Promise.all([ask((loaded) => loaded), ask((loaded) => loaded)]);
  expect(one).toBe(other);
  expect(ask((loaded) => loaded)).toBe(one);
});

it("is tried again where loading failed", async () => {
  let loads = 0;
  const ask = whenAsked(async () => {
    if (++loads === 1) throw new Error("not now");
    return { number: loads };
  });
  await expect(ask(({ number }) => number)).rejects.toThrow("not now");
  expect(await ask(({ number }) => number)).toBe(2);
});
