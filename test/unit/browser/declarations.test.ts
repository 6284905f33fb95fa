/**
 * `doorstep.d.ts` as a site's compiler sees it: it needs no other file, says the same as the contracts do, and refuses
 * what they would refuse.
 */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { EVENT_CONTRACTS } from "../../../contracts/registry.ts";
import { declarations } from "../../../scripts/browser/declarations.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const TSC = join(ROOT, "node_modules/typescript/bin/tsc");
const OPTIONS = [
  "--ignoreConfig",
  "--noEmit",
  "--strict",
  "--exactOptionalPropertyTypes",
  "--target",
  "es2022",
  "--module",
  "esnext",
  "--moduleResolution",
  "bundler",
  "--allowImportingTsExtensions",
  "--types",
  "",
];

let folder = "";

/** What the compiler says of a site's file beside the declarations; "" if it is content. */
const compile = async (name: string, text: string, ...options: string[]): Promise<string> => {
  await writeFile(join(folder, name), text);
  return promisify(execFile)(process.execPath, [TSC, ...OPTIONS, ...options, join(folder, name)], {
    cwd: folder,
  }).then(
    () => "",
    (error: { stdout: string }) => error.stdout,
  );
};

beforeAll(async () => {
  // Inside of the repository, so that the contracts can be imported for comparison.
  await mkdir(join(ROOT, "dist"), { recursive: true });
  folder = await mkdtemp(join(ROOT, "dist/types-"));
  await writeFile(join(folder, "doorstep.d.ts"), await declarations());
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("types window.doorstep, and lets a site do what the docs say", async () => {
  const said = await compile(
    "site.ts",
    `import type { ConsentState, Doorstep } from "./doorstep.js";
     const doorstep = window.doorstep as Doorstep;
     doorstep.track("purchase", { order_id: "A-1", value: 78, currency: "EUR", items: [{ product_id: "cap" }] });
     doorstep.track("login");
     doorstep.track("login", { method: "password" }, { userId: "u-1", token: "a.b.c", traits: { company: "Berg" } });
     doorstep.track("something_of_ours", { anything: 1 });
     doorstep.track("purchase" as string, {});
     doorstep.page({ content: { content_id: "a", content_type: "article" } });
     doorstep.identify("u-1", { traits: { email: "ida@example.com" }, token: "a.b.c" });
     doorstep.identify(77);
     doorstep.identify({ email: "ida@example.com" });
     doorstep.ecommerce("view_item", { items: [{ item_id: "cap" }] });
     doorstep.push(["consent.set", { analytics: true }]);
     const stop: () => void = doorstep.consent.onChange((state: ConsentState) => state.purposes.marketing === "granted");
     doorstep.consent.set({ analytics: true }).then((state) => state?.explicit, stop);
     window.doorstep = [["track", "login"]];`,
  );
  expect(said).toBe("");
});

it.each([
  ["a required property is missing", `doorstep.track("purchase", { value: 1, currency: "EUR" })`],
  ["all properties are missing", `doorstep.track("form_submit")`],
  ["a value has another type", `doorstep.track("scroll", { percent: "50" })`],
  ["a property is misspelt", `doorstep.track("login", { methd: "password" })`],
  ["an item is misspelt", `doorstep.track("view_cart", { items: [{ item_id: "cap" }] })`],
  ["an event is no e-commerce event", `doorstep.ecommerce("login", {})`],
  ["a purpose does not exist", `doorstep.consent.set({ advertising: true })`],
  ["consent is no boolean", `doorstep.consent.set({ analytics: "granted" })`],
  ["a trait does not exist", `doorstep.identify({ mail: "ida@example.com" })`],
])("refuses a call where %s", async (_, call) => {
  const said = await compile(
    "mistake.ts",
    `import type { Doorstep } from "./doorstep.js";\ndeclare const doorstep: Doorstep;\n${call};`,
  );
  expect(said).toMatch(/^mistake\.ts\(3,\d+\): error TS/);
});

it("says of every event what its contract says, in both directions", async () => {
  const names = Object.keys(EVENT_CONTRACTS);
  const said = await compile(
    "contracts.ts",
    `import type { EventProperties, Traits } from "./doorstep.js";
     import type { EventProperties as Wanted } from "../../src/browser/event-properties.ts";
     import type { Traits as WantedTraits } from "../../contracts/event.ts";
     type Mutable<T> = T extends readonly (infer Item)[] ? Mutable<Item>[] : T extends object ? { -readonly [K in keyof T]: Mutable<T[K]> } : T;
     type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? keyof A extends keyof B ? keyof B extends keyof A ? true : false : false : false) : false;
     const sameNames: Same<keyof EventProperties, keyof Wanted> = true;
     const sameTraits: Same<Traits, WantedTraits> = true;
     ${names.map((name) => `const ${name}: Same<Mutable<EventProperties["${name}"]>, Mutable<Wanted["${name}"]>> = true;`).join("\n")}
     export { sameNames, sameTraits, ${names.join(", ")} };`,
    "--skipLibCheck",
  );
  expect(said).toBe("");
});

it("takes every example of a contract", async () => {
  const calls = Object.values<{ name: string; examples: readonly { properties: unknown }[] }>(
    EVENT_CONTRACTS,
  ).flatMap(({ name, examples }) =>
    examples.map(({ properties }) => `doorstep.track("${name}", ${JSON.stringify(properties)});`),
  );
  const said = await compile(
    "examples.ts",
    `import type { Doorstep } from "./doorstep.js";\ndeclare const doorstep: Doorstep;\n${calls.join("\n")}`,
  );
  expect(calls.length).toBeGreaterThan(10);
  expect(said).toBe("");
});
