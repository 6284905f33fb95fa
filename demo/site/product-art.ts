/** The shop's product pictures as SVG, served as `/assets/products/<slug>.svg`. */

const BACKDROPS: Record<string, readonly [string, string]> = {
  "skarn-60-rope": ["#f6e3d3", "#e8bfa2"],
  "halyard-dry-bag": ["#dceaea", "#a9cdd0"],
  "polar-drift-jacket": ["#e2e6f1", "#b4bfdb"],
  "ember-flask": ["#f3e7d6", "#dcc3a0"],
  "lodestar-headlamp": ["#e6ebdd", "#bccbaa"],
};

const DRAWINGS: Record<string, string> = {
  "skarn-60-rope": `<g fill="none" stroke-linecap="round" stroke-width="26">
<g stroke="#b8442c"><ellipse cx="400" cy="400" rx="120" ry="210"/><ellipse cx="400" cy="404" rx="152" ry="222"/><ellipse cx="400" cy="398" rx="90" ry="196"/></g>
<g stroke="#d9694b" stroke-width="18" stroke-dasharray="4 34"><ellipse cx="400" cy="400" rx="120" ry="210"/><ellipse cx="400" cy="404" rx="152" ry="222"/><ellipse cx="400" cy="398" rx="90" ry="196"/></g>
<g stroke="#7f2d1d"><path d="M236 330 H564"/><path d="M234 360 H566"/><path d="M236 390 H564"/></g>
<path d="M540 330 C600 250 620 210 590 150" stroke="#b8442c"/><path d="M250 390 C200 470 190 560 230 640" stroke="#b8442c"/></g>`,
  "halyard-dry-bag": `<path d="M270 270 h260 c26 0 34 20 34 44 v300 c0 40 -26 58 -62 58 h-204 c-36 0 -62 -18 -62 -58 v-300 c0 -24 8 -44 34 -44 z" fill="#1f7a80"/>
<path d="M236 330 h80 v342 h-18 c-36 0 -62 -18 -62 -58 z" fill="#17646a"/><path d="M262 226 h276 l-10 60 h-256 z" fill="#2a8f95"/>
<rect x="250" y="176" width="300" height="58" rx="29" fill="#17646a"/><rect x="250" y="196" width="300" height="10" fill="#2a8f95"/>
<path d="M256 205 C150 230 150 470 240 560" fill="none" stroke="#0f3f46" stroke-width="20"/><rect x="372" y="390" width="120" height="120" rx="60" fill="none" stroke="#dcefee" stroke-width="10"/><path d="M404 470 L432 420 L460 470 Z" fill="#dcefee"/>`,
  "polar-drift-jacket": `<path d="M300 220 C330 180 470 180 500 220 L600 280 L660 560 L580 590 L548 440 V650 H252 V440 L220 590 L140 560 L200 280 Z" fill="#33508f"/>
<path d="M318 214 C340 140 460 140 482 214 L440 262 H360 Z" fill="#24396b"/><path d="M352 214 C366 178 434 178 448 214 L424 250 H376 Z" fill="#0f1c3c"/>
<g stroke="#24396b" stroke-width="7" fill="none" stroke-linecap="round"><path d="M252 330 Q400 352 548 330"/><path d="M252 400 Q400 422 548 400"/><path d="M252 470 Q400 492 548 470"/><path d="M252 540 Q400 562 548 540"/><path d="M252 604 Q400 624 548 604"/><path d="M190 340 L246 372"/><path d="M172 420 L232 446"/><path d="M156 500 L222 522"/><path d="M610 340 L554 372"/><path d="M628 420 L568 446"/><path d="M644 500 L578 522"/></g>
<path d="M400 256 V650" stroke="#f2b84b" stroke-width="8"/><rect x="455" y="300" width="60" height="14" rx="7" fill="#f2b84b"/>`,
  "ember-flask": `<rect x="300" y="250" width="200" height="430" rx="38" fill="#8d3b2a"/><rect x="300" y="250" width="62" height="430" rx="31" fill="#a64a36"/><rect x="316" y="206" width="168" height="62" rx="14" fill="#d7d2c8"/>
<path d="M330 110 h140 c14 0 22 10 22 24 v80 h-184 v-80 c0 -14 8 -24 22 -24 z" fill="#3b3a38"/><path d="M330 110 h40 v104 h-62 v-80 c0 -14 8 -24 22 -24 z" fill="#4c4b48"/>
<path d="M400 392 C360 440 372 476 372 492 C372 520 386 536 402 536 C424 536 436 518 434 494 C432 470 410 452 400 392 Z" fill="#f4d9a8"/><rect x="300" y="600" width="200" height="14" fill="#7b3224"/>`,
  "lodestar-headlamp": `<path d="M150 390 C150 210 650 210 650 390" fill="none" stroke="#3e5a34" stroke-width="56"/><path d="M150 390 C150 210 650 210 650 390" fill="none" stroke="#e9ecdf" stroke-width="8" stroke-dasharray="28 22"/>
<path d="M150 390 C150 560 650 560 650 390" fill="none" stroke="#2f4527" stroke-width="44"/>
<rect x="290" y="390" width="220" height="210" rx="48" fill="#24301f"/><circle cx="400" cy="495" r="78" fill="#f7f1cf"/><circle cx="400" cy="495" r="52" fill="#fff9de"/><circle cx="400" cy="495" r="24" fill="#f0c75e"/><rect x="352" y="372" width="96" height="24" rx="12" fill="#c9583a"/>
<g stroke="#f0c75e" stroke-width="10" stroke-linecap="round"><path d="M400 630 V690"/><path d="M330 618 L300 670"/><path d="M470 618 L500 670"/></g>`,
};

/** One product's picture, or undefined where the shop has no such product. */
export function productPicture(slug: string): string | undefined {
  const drawing = DRAWINGS[slug];
  const backdrop = BACKDROPS[slug];
  if (drawing === undefined || backdrop === undefined) return undefined;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 800"><defs><radialGradient id="back" cx="0.5" cy="0.42" r="0.75"><stop offset="0" stop-color="${backdrop[0]}"/><stop offset="1" stop-color="${backdrop[1]}"/></radialGradient></defs>
<rect width="800" height="800" fill="url(#back)"/><ellipse cx="400" cy="704" rx="210" ry="24" fill="#1d2a2a" opacity="0.13"/>${drawing}</svg>`;
}
