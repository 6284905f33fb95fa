import { readdirSync, readFileSync } from "node:fs";
import { mkdtempSync } from "node:fs";
import { threadsCpuMicros } from "./measure/cpu.ts";
import { startWorkerd, type Modules } from "./measure/workerd.ts";
import { quantile } from "./measure/statistics.ts";
const dir = process.argv[2] ?? "dist/worker";
const n = Number(process.argv[3] ?? 15);
const empty: Modules = { "entry.js": `export default { fetch: () => new Response("ok") };` };
const runtime = { compatibilityDate: "2026-10-15", compatibilityFlags: ["global_fetch_strictly_public"] };
const mods: Modules = {};
for (const f of readdirSync(dir)) if (/\.m?js$/.test(f)) mods[f] = readFileSync(`${dir}/${f}`, "utf8");
const strip = (s: string) => "export function f(){" + s.replace(/(^|;)import(\{[^}]*\}|\*as \w+)?(from)?"[^"]*"/g, "$1").replace(/export(\{[^}]*\}|\*)(from"[^"]*")?;?/g, "").replace(/import\.meta/g,"{}") + "\n}";
const wrapped: Modules = Object.fromEntries(Object.entries(mods).map(([k, v]) => [k, strip(v)]));
const variants: Record<string, Modules> = {
  empty,
  parse: { ...empty, ...mods },
  wrapped: { ...empty, ...wrapped },
};
for (const [k, v] of Object.entries(mods)) if (v.length > 20000) variants["only " + k] = { ...empty, [k]: v };
const out: Record<string, number[]> = {};
for (let i = 0; i < n; i++) for (const [k, m] of Object.entries(variants)) {
  const s = await startWorkerd(mkdtempSync("/tmp/st-"), m, runtime).catch(e=>{ if(i===0) console.log(k, String(e).slice(0,300)); return undefined; });
  if (!s) continue;
  (out[k] ??= []).push(threadsCpuMicros(s.pid) / 1000); await s.stop();
}
const e = quantile(out.empty!, 0.5);
for (const [k, v] of Object.entries(out)) console.log(k.padEnd(24), (quantile(v, 0.5) - e).toFixed(1), "ms", Object.values(variants[k]!).join("").length);
