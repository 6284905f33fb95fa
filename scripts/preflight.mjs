/**
 * Runs before the scripts that need an installed checkout, in plain JavaScript: without node_modules it is the host's
 * own Node, which may not read TypeScript. Says in one line what is missing.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const modules = fileURLToPath(new URL("../node_modules/", import.meta.url));
const needed = ["node", "esbuild", "hono", "miniflare", "wrangler", "zod"];
const absent = needed.filter((name) => !existsSync(modules + name));

if (absent.length > 0) {
  console.error(`Missing dependencies (${absent.join(", ")}): run \`npm ci\` first.`);
  process.exit(1);
}
if (Number(process.versions.node.split(".")[0]) < 24) {
  console.error(
    `This is Node ${process.versions.node}. Use the npm scripts, which run the Node of node_modules; ` +
      "if you did, its install script was not allowed: run `npm ci` again with scripts enabled.",
  );
  process.exit(1);
}
