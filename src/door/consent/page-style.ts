/** The look of the visitor's page: plain, in the colours that the system asks for, and calm inside any site's page. */
export const STYLE = `
:root{color-scheme:light dark;--ink:#1a1c1e;--soft:#55595e;--line:#d5d8dc;--card:#fff;--page:#fff;--on:#14693f;--focus:#0a58ca}
@media (prefers-color-scheme:dark){:root{--ink:#eceef0;--soft:#a8adb3;--line:#3a3f45;--card:#1e2225;--page:#14171a;--on:#4fc48a;--focus:#8ab4ff}}
*{box-sizing:border-box}
body{margin:0;padding:1.25rem;background:var(--page);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}
main{max-width:40rem;margin:0 auto}
h1{margin:0 0 .35rem;font-size:1.4rem;line-height:1.25}
p{margin:0}
.lede{color:var(--soft);margin-bottom:1.1rem}
.saved{margin-bottom:1rem;padding:.6rem .9rem;border-left:.25rem solid var(--on);background:var(--card);border-radius:.25rem}
fieldset{margin:0;padding:0;border:1px solid var(--line);border-radius:.75rem;background:var(--card)}
legend,caption,.only-read{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.purpose{display:grid;grid-template-columns:1fr auto;gap:.1rem 1rem;padding:.9rem 1rem}
.purpose+.purpose{border-top:1px solid var(--line)}
label{font-weight:650}
.text,.why{grid-column:1;color:var(--soft);font-size:.925rem}
.why{color:var(--ink);margin-top:.2rem}
input{appearance:none;grid-column:2;grid-row:1/span 2;position:relative;width:2.9rem;height:1.65rem;margin:.15rem 0 0;border:2px solid var(--soft);border-radius:1rem;background:transparent;cursor:pointer}
input::before{content:"";position:absolute;top:.18rem;left:.2rem;width:1rem;height:1rem;border-radius:50%;background:var(--soft)}
input:checked{border-color:var(--on);background:var(--on)}
input:checked::before{left:auto;right:.2rem;background:var(--card)}
input:disabled{opacity:.45;cursor:not-allowed}
input:focus-visible,button:focus-visible,summary:focus-visible{outline:3px solid var(--focus);outline-offset:2px}
.actions{display:flex;flex-wrap:wrap;gap:.6rem;margin:1rem 0 1.25rem}
button{flex:1 1 10rem;min-height:2.75rem;padding:.5rem 1rem;border:2px solid var(--ink);border-radius:.6rem;background:transparent;color:var(--ink);font:inherit;font-weight:600;cursor:pointer}
.save{flex-basis:100%;background:var(--ink);color:var(--page)}
details{border-top:1px solid var(--line);padding:.6rem 0}
summary{cursor:pointer;font-weight:600;padding:.3rem 0}
.scroll{overflow-x:auto}
table{width:100%;border-collapse:collapse;font-size:.9rem;margin-top:.4rem}
th,td{text-align:left;vertical-align:top;padding:.4rem .75rem .4rem 0;border-top:1px solid var(--line)}
th{color:var(--soft);font-weight:600;border-top:0}
.note{color:var(--soft);font-size:.875rem;overflow-wrap:anywhere}
@media (forced-colors:active){input::before{background:ButtonText}input:checked::before{background:Highlight}}
@media (max-width:26rem){body{padding:.9rem}.purpose{padding:.8rem}}
`;
