/**
 * `npm run db:migrate`: applies migrations to every D1 database of wrangler.toml — the local ones of `npm start`, or
 * with `-- --remote` those of your account. Other arguments go on to `wrangler d1 migrations apply`.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { unstable_readConfig } from "wrangler";

const config = fileURLToPath(new URL("../wrangler.toml", import.meta.url));
const given = process.argv.slice(2);
const target = given.includes("--remote")
  ? []
  : ["--local", "--persist-to", process.env.DOORSTEP_STATE || ".doorstep"];

for (const { binding } of unstable_readConfig({ config }).d1_databases) {
  const { status } = spawnSync(
    "wrangler",
    ["d1", "migrations", "apply", binding, "--config", config, ...target, ...given],
    { stdio: "inherit" },
  );
  if (status !== 0) process.exit(status ?? 1);
}
