/** A module that is one function gives the same as before to whoever imports it. */
import { expect, it } from "vitest";
import { inOneFunction } from "../../../scripts/one-function.ts";

const CODE = `import { basename as base } from "node:path";
let calls = 0;
class Greeter { greet() { return greeting(base("/a/b")); } }
function greeting(name) { calls++; return "hello " + name + " " + calls; }
const greeter = new Greeter();
export { greeter as g, Greeter };`;

const load = (code: string) => import(`data:text/javascript,${encodeURIComponent(code)}`);

it("exports what it exported, under the same names", async () => {
  const { code } = inOneFunction(CODE);
  const { g, Greeter, ...others } = await load(code);
  expect([g.greet(), g.greet(), g instanceof Greeter, others]).toEqual(["hello b 1", "hello b 2", true, {}]);
  expect(code).toMatch(/^import [^\n]+\nfunction /);
});

it("is refused where an exported variable changes: whoever imports it would keep the first value", () => {
  const changing = (how: string) => () =>
    inOneFunction(`let n = 0;\nconst next = () => { ${how}; };\nexport { n, next };`);
  for (const how of ["n++", "n = 1", "n += 1", "n ??= 1"])
    expect(changing(how), how).toThrow("n is exported");
  for (const how of ["x.n = 1", "n === 1", "({ n: 1 })", "n <= 1", "n => 1"])
    expect(changing(how), how).not.toThrow();
});

it("is refused where it does not end in its exports", () => {
  expect(() => inOneFunction("export const a = 1;")).toThrow("does not end in its exports");
  expect(() => inOneFunction('export * from "node:path";\nexport { a };\nconst a = 1;')).toThrow();
});
