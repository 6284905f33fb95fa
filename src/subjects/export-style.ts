/** The look of the page of export-page.ts, and the hash by which its policy allows it; a test holds one against the other. */

export const PAGE_STYLE = `:root{color-scheme:light dark}body{margin:0 auto;max-width:60rem;padding:1.5rem;font:1rem/1.5 system-ui,sans-serif}h1{font-size:1.7rem}h2{margin-top:2.2rem;font-size:1.25rem;border-bottom:1px solid}h3{margin:0;font-size:1rem}table{width:100%;border-collapse:collapse;font-size:.925rem}th,td{padding:.35rem .7rem .35rem 0;text-align:left;vertical-align:top;border-bottom:1px solid #8886;overflow-wrap:anywhere}article{padding:.6rem 0;border-bottom:1px solid #8886;break-inside:avoid}article p{margin:.1rem 0}dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:.3rem 0}dd{margin:0;overflow-wrap:anywhere}ul{margin:0;padding-left:1.1rem}code{font-size:.85em;overflow-wrap:anywhere}.scroll{overflow-x:auto}.none{opacity:.75}@media (max-width:34rem){dl{display:block}dt{font-weight:600}}@media print{body{max-width:none;padding:0}.scroll{overflow:visible}}`;

/** SHA-256 of PAGE_STYLE, as Content-Security-Policy names it. */
export const PAGE_STYLE_HASH = "sha256-9SiQgCDYG1fs2cVc63VpKrXSYxSBz+29yXzuCsS0bKg=";
