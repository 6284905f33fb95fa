/** The committed mark of the schemas of a release, which tests and types read; what is built has it made anew. */
import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { SHAPE_MODULE, shapeModule } from "../../../scripts/contracts/shape.ts";

const FILE = new URL("../../../contracts/definitions/shape.ts", import.meta.url);

it("is what `npm run contracts` writes, in the file that bundlers know", async () => {
  expect(await readFile(FILE, "utf8")).toBe(await shapeModule());
  expect(FILE.pathname).toMatch(SHAPE_MODULE);
});
