/** The look of the dictionary's page. In the page itself, so that it needs no second request; the policy has its hash. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#f7f7f8, #0f0f12);
  --surface: light-dark(#fff, #151519);
  --line: light-dark(#e6e6ea, #26262d);
  --text: light-dark(#18181b, #ececf0);
  --soft: light-dark(#5b5b66, #a5a5b2);
  --accent: light-dark(#4f46e5, #8f8aff);
  --accent-soft: light-dark(#eef0ff, #22214a);
  --bad: light-dark(#bb2c2c, #f58a8a);
  --bad-soft: light-dark(#fdecec, #331919);
  --wait: light-dark(#8a5209, #e3b25c);
  --wait-soft: light-dark(#fdf3df, #2c2312);
  --good: light-dark(#0f7b4f, #5fcf9b);
  --good-soft: light-dark(#e7f6ee, #12291f);
  --quiet-soft: light-dark(#f0f0f3, #222228);
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 16px; }
body {
  margin: 0; background: var(--ground); color: var(--text);
  font: 14px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
code, pre, h3, nav a.name { font-family: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, monospace; }
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; }
a:focus-visible, summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
.page { display: grid; grid-template-columns: 232px minmax(0, 1fr); gap: 40px; max-width: 1240px; margin: 0 auto; padding: 0 24px; }
nav { position: sticky; top: 0; max-height: 100vh; overflow: auto; padding: 32px 0; }
nav b { display: block; margin: 20px 0 4px; color: var(--soft); font-size: 12px; font-weight: 500; }
nav a { display: block; padding: 2px 0; color: var(--text); font-size: 13px; overflow-wrap: anywhere; }
nav a.name { font-size: 12.5px; }
main { padding: 32px 0 80px; min-width: 0; }
h1 { margin: 0; font-size: 26px; line-height: 34px; letter-spacing: -.02em; }
h2 { margin: 48px 0 12px; font-size: 17px; letter-spacing: -.01em; }
h3 { margin: 0; font-size: 15px; font-weight: 600; }
h3 a { color: inherit; }
.lead { max-width: 68ch; color: var(--soft); font-size: 15px; }
section.contract { margin: 0 0 16px; padding: 20px 24px; background: var(--surface); border: 1px solid var(--line); border-radius: 10px; }
section.contract:target { border-color: var(--accent); box-shadow: 0 0 0 1px var(--accent); }
section header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 8px; }
section p { margin: 4px 0 12px; color: var(--soft); }
section .schema { margin-left: auto; font-size: 13px; }
.pill, .class { display: inline-block; padding: 0 8px; border-radius: 99px; background: var(--accent-soft); color: var(--accent); font-size: 12px; line-height: 20px; white-space: nowrap; }
.technical { background: var(--quiet-soft); color: var(--soft); }
.identifier { background: var(--bad-soft); color: var(--bad); }
.personal { background: var(--wait-soft); color: var(--wait); }
.behavioural { background: var(--good-soft); color: var(--good); }
.note { font-size: 13px; }
.wide { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: 13px; }
table.fields { min-width: 640px; }
th { padding: 6px 12px 6px 0; color: var(--soft); font-size: 12px; font-weight: 500; text-align: left; }
td { padding: 7px 12px 7px 0; border-top: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
td:first-child { min-width: 150px; }
td b { color: var(--bad); font-size: 11px; font-weight: 500; }
td small { display: block; color: var(--soft); font-size: 12px; }
.depth-1 { padding-left: 16px; }
.depth-2 { padding-left: 32px; }
.depth-3 { padding-left: 48px; }
details { margin-top: 10px; }
summary { color: var(--soft); font-size: 13px; cursor: pointer; }
pre { margin: 8px 0 0; padding: 12px 14px; overflow-x: auto; background: var(--ground); border: 1px solid var(--line); border-radius: 8px; font-size: 12px; line-height: 1.5; }
@media (max-width: 820px) {
  .page { display: block; padding: 0 16px; }
  nav { position: static; max-height: none; padding: 20px 0 0; columns: 2; }
  nav b { break-after: avoid; }
  section.contract { padding: 16px; }
}
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
`;
