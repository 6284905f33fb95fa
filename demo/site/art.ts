/**
 * The site's pictures: landscapes drawn as SVG from a kind and a seed, so that every article has one of
 * its own and nothing is fetched from elsewhere. Served as `/assets/art/<kind>-<seed>.svg`.
 */

const WIDTH = 1600;
const HEIGHT = 900;

type Palette = {
  sky: readonly string[];
  sun: string;
  far: string;
  near: string;
  ground: string;
  accent: string;
};

const PALETTES: Record<string, readonly Palette[]> = {
  climbing: [
    {
      sky: ["#e9a37a", "#f3c79f", "#fbe8cf"],
      sun: "#fff3dc",
      far: "#d79b80",
      near: "#5b2f35",
      ground: "#2b1a21",
      accent: "#f4d35e",
    },
    {
      sky: ["#7d8fb3", "#d9a9a0", "#f6d9c0"],
      sun: "#ffe9cf",
      far: "#b08a95",
      near: "#463049",
      ground: "#221a2b",
      accent: "#f2a65a",
    },
  ],
  sailing: [
    {
      sky: ["#8cc7cb", "#cfe6dd", "#fdf0d8"],
      sun: "#fffaf0",
      far: "#8fb9bb",
      near: "#2f6470",
      ground: "#1d5263",
      accent: "#fdf6ea",
    },
    {
      sky: ["#f0b38a", "#f7d3ac", "#fdeeda"],
      sun: "#fff6e6",
      far: "#c59a8d",
      near: "#5a5f77",
      ground: "#2b4a63",
      accent: "#fff3e0",
    },
  ],
  winter: [
    {
      sky: ["#0d1f3a", "#28527a", "#9fc6d6"],
      sun: "#eaf6f6",
      far: "#7ba0b8",
      near: "#1d3d57",
      ground: "#e6f0f3",
      accent: "#86e3b8",
    },
    {
      sky: ["#1a1f4b", "#4a4f8a", "#c3b8d9"],
      sun: "#f7f0ff",
      far: "#9088b8",
      near: "#2d2f5e",
      ground: "#ecebf5",
      accent: "#8fd6e8",
    },
  ],
  field: [
    {
      sky: ["#a9cfd6", "#d9e8d8", "#f8f2d9"],
      sun: "#fffbe6",
      far: "#a3bf9a",
      near: "#3f6b4f",
      ground: "#274b3a",
      accent: "#f2c14e",
    },
    {
      sky: ["#d8b9a8", "#eed7bd", "#faf0dc"],
      sun: "#fff7e8",
      far: "#b9b18a",
      near: "#5f6b3f",
      ground: "#37452b",
      accent: "#d9683c",
    },
  ],
};

/** One landscape. The same kind and seed always give the same picture; an unknown kind is a field. */
export function landscape(kind: string, seed: number): string {
  const palettes = PALETTES[kind] ?? PALETTES.field ?? [];
  const palette = palettes[Math.floor(seed / 13) % palettes.length];
  if (palette === undefined) return "";
  const random = randomFrom(seed * 7919 + kind.length * 104_729);
  const horizon = kind === "sailing" ? 560 : 620;
  const sunX = 300 + random() * 1000;
  const layers = kind === "sailing" ? 2 : 4;
  const ridges = Array.from({ length: layers }, (_, layer) => {
    const depth = layer / (layers - 1);
    const base = kind === "sailing" ? horizon - 6 : 400 + depth * 260;
    const height =
      kind === "field" ? 60 + depth * 40 : kind === "sailing" ? 110 - depth * 60 : 230 - depth * 60;
    const color = mix(palette.far, palette.near, depth);
    const path = ridge(random, base, height, kind === "field" ? 0.36 : 0.52);
    return `<path d="${path}" fill="${color}"/><path d="${path}" fill="url(#haze)" opacity="${(0.55 - depth * 0.4).toFixed(2)}"/>`;
  });

  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="xMidYMid slice">
<defs>
<linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">${palette.sky.map((color, at) => `<stop offset="${at * 0.38}" stop-color="${color}"/>`).join("")}</linearGradient>
<linearGradient id="haze" x1="0" y1="0" x2="0" y2="1"><stop offset="0.1" stop-color="${palette.sky[2]}" stop-opacity="0"/><stop offset="1" stop-color="${palette.sky[2]}"/></linearGradient>
<linearGradient id="sea" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="${mix(palette.ground, palette.sky[0] ?? "#fff", 0.5)}"/><stop offset="1" stop-color="${palette.ground}"/></linearGradient>
<radialGradient id="glow"><stop offset="0" stop-color="${palette.sun}" stop-opacity="0.95"/><stop offset="1" stop-color="${palette.sun}" stop-opacity="0"/></radialGradient>
</defs>
<rect width="${WIDTH}" height="${HEIGHT}" fill="url(#sky)"/>
${kind === "winter" ? nightSky(random, palette) : ""}
<circle cx="${sunX.toFixed(0)}" cy="${kind === "winter" ? 210 : 330}" r="${kind === "winter" ? 150 : 320}" fill="url(#glow)"/>
<circle cx="${sunX.toFixed(0)}" cy="${kind === "winter" ? 210 : 330}" r="${kind === "winter" ? 34 : 62}" fill="${palette.sun}"/>
${ridges.join("\n")}
${foreground(kind, random, palette, horizon, sunX)}
</svg>`;
}

function foreground(
  kind: string,
  random: () => number,
  palette: Palette,
  horizon: number,
  sunX: number,
): string {
  if (kind === "sailing") return sea(random, palette, horizon, sunX);
  if (kind === "climbing") return cliff(random, palette);
  const ground = `<path d="${ridge(random, 790, 46, 0.4)}" fill="${palette.ground}"/>`;
  if (kind !== "winter") return ground;
  const trees = Array.from({ length: 26 }, () =>
    pine(
      random() * WIDTH,
      800 + random() * 60,
      60 + random() * 90,
      mix(palette.near, "#0a1622", random() * 0.6),
    ),
  );
  return ground + trees.join("");
}

function sea(random: () => number, palette: Palette, horizon: number, sunX: number): string {
  const glints = Array.from({ length: 60 }, () => {
    const y = horizon + 8 + random() ** 1.6 * (HEIGHT - horizon);
    const spread = 60 + (y - horizon) * 0.9;
    const x = sunX + (random() - 0.5) * 2 * spread;
    const length = 14 + random() * 70;
    return `<rect x="${(x - length / 2).toFixed(0)}" y="${y.toFixed(0)}" width="${length.toFixed(0)}" height="${(1.5 + random() * 3).toFixed(1)}" rx="2" fill="${palette.sun}" opacity="${(0.25 + random() * 0.5).toFixed(2)}"/>`;
  });
  const x = sunX > 800 ? 430 + random() * 160 : 1010 + random() * 160;
  const boat = `<g transform="translate(${x.toFixed(0)} 640) scale(1.25)">
<path d="M0 -250 C70 -170 92 -80 96 -22 L4 -22 Z" fill="${palette.accent}"/><path d="M-10 -226 C-46 -150 -72 -80 -84 -24 L-10 -24 Z" fill="${palette.accent}" opacity="0.82"/>
<rect x="-5" y="-262" width="5" height="250" fill="${mix(palette.near, "#000", 0.4)}"/><path d="M-98 -12 L112 -12 C98 18 76 30 40 32 L-52 32 C-80 28 -92 10 -98 -12 Z" fill="${mix(palette.near, "#0b1a22", 0.55)}"/>
<path d="M-70 40 L90 40 L60 46 L-50 46 Z" fill="${palette.accent}" opacity="0.35"/></g>`;
  return `<rect y="${horizon}" width="${WIDTH}" height="${HEIGHT - horizon}" fill="url(#sea)"/>${glints.join("")}${boat}`;
}

function cliff(random: () => number, palette: Palette): string {
  const corners: { x: number; y: number }[] = [];
  let x = 1180 + random() * 60;
  for (let y = 90; y <= HEIGHT; y += 45) {
    corners.push({ x: Math.round(x), y });
    x += (random() - 0.62) * 60;
  }
  const edge = `M1600,40 L1330,60 ${corners.map((corner) => `L${corner.x},${corner.y}`).join(" ")} L${(x - 60).toFixed(0)},${HEIGHT} L1600,${HEIGHT} Z`;
  // Clear of the rock: left of every corner near the climber.
  const climberX = Math.min(...corners.slice(6, 11).map((corner) => corner.x)) + 2;
  const climberY = corners[7]?.y ?? 400;
  return `<path d="${edge}" fill="${palette.ground}"/>
<path d="M1330,60 Q${climberX - 60},${climberY - 150} ${climberX - 16},${climberY}" fill="none" stroke="${palette.accent}" stroke-width="3"/>
<g transform="translate(${climberX - 18} ${climberY})" stroke="${palette.ground}" stroke-width="11" stroke-linecap="round" fill="none"><path d="M0 6 L-8 44 M-8 44 L10 78 M-8 44 L-16 84 M-2 14 L24 -14 M-2 14 L22 30"/></g>
<circle cx="${climberX - 20}" cy="${climberY - 8}" r="11" fill="${palette.accent}"/>`;
}

function nightSky(random: () => number, palette: Palette): string {
  const stars = Array.from(
    { length: 90 },
    () =>
      `<circle cx="${(random() * WIDTH).toFixed(0)}" cy="${(random() * 330).toFixed(0)}" r="${(0.8 + random() * 1.6).toFixed(1)}" fill="#fff" opacity="${(0.25 + random() * 0.6).toFixed(2)}"/>`,
  );
  const bands = Array.from({ length: 3 }, (_, band) => {
    const y = 150 + band * 70;
    const curve = `M-50 ${y + random() * 80} C ${300 + random() * 200} ${y - 160}, ${700 + random() * 200} ${y + 190}, 1650 ${y - 120 + random() * 120}`;
    return `<path d="${curve}" fill="none" stroke="${palette.accent}" stroke-width="${70 - band * 16}" opacity="${0.16 - band * 0.03}" stroke-linecap="round"/>`;
  });
  return stars.join("") + bands.join("");
}

function pine(x: number, y: number, height: number, color: string): string {
  const tiers = [0, 1, 2].map((tier) => {
    const top = y - height + tier * height * 0.26;
    const width = height * (0.16 + tier * 0.075);
    return `M${x.toFixed(0)} ${top.toFixed(0)} l${width.toFixed(0)} ${(height * 0.42).toFixed(0)} h${(-2 * width).toFixed(0)} z`;
  });
  return `<path d="${tiers.join(" ")}" fill="${color}"/>`;
}

/** A ridge line by midpoint displacement, closed at the bottom edge. */
function ridge(random: () => number, base: number, height: number, roughness: number): string {
  let heights = [base - random() * height, base - random() * height];
  let spread = height;
  for (let round = 0; round < 7; round += 1) {
    heights = heights.flatMap((value, at) => {
      const next = heights[at + 1];
      return next === undefined ? [value] : [value, (value + next) / 2 + (random() - 0.5) * spread];
    });
    spread *= roughness;
  }
  const step = WIDTH / (heights.length - 1);
  return `M0,${HEIGHT} ${heights.map((y, at) => `L${(at * step).toFixed(1)},${y.toFixed(1)}`).join(" ")} L${WIDTH},${HEIGHT} Z`;
}

function mix(from: string, to: string, share: number): string {
  const full = (color: string) => (color.length === 4 ? color.replace(/[^#]/g, "$&$&") : color);
  const channel = (color: string, at: number) =>
    Number.parseInt(full(color).slice(1 + at * 2, 3 + at * 2), 16);
  const mixed = [0, 1, 2].map((at) =>
    Math.round(channel(from, at) + (channel(to, at) - channel(from, at)) * share),
  );
  return `#${mixed.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}

/** A small seeded generator (mulberry32), good enough for hills. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
