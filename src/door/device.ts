/**
 * What a user agent says, reduced to class, OS family, browser family and major version, and whether it is a bot. Parsed
 * by maintained libraries, once per string: a bounded memory holds the few thousand strings that make up nearly all
 * traffic. Called once per request, and for the events of servers and apps that name a person's own user agent.
 */
import { isbot } from "isbot";
import UAParser from "ua-parser-js";
import type { DeviceType } from "#contracts/taxonomy";
import { inOnePiece } from "#core/one-piece";
import { type Agent, agentOf } from "./agents.ts";
import { type ReadHeader, readBrands, readMobile, readPlatform } from "./hints.ts";
import { recent } from "./recent.ts";

export interface Device {
  type: DeviceType;
  os?: string;
  /** Family and major version, `Chrome 154`. */
  browser?: string;
  bot: boolean;
  /** Of a bot: which one. */
  agent?: Agent;
}

/** A user agent, and whether there may be hints that say more. */
interface Seen {
  device: Device;
  /** Of Chromium: it sends hints, and its user agent does not tell its browsers apart. */
  hinted: boolean;
}

const MAX_CHARS = 512;
const seen = recent<Seen>(2_000);
/** By brands and user agent, so that nobody's hints say what another's browser is. */
const seenWithBrands = recent<Device>(2_000);
const CHROMIUM = /\bChrom(?:e|ium)\/\d/;

/**
 * The reduced device of a `User-Agent` header; no header: of unknown type.
 *
 * Hints win over the user agent. Of Chromium's three, the brands are read for each request, for only they tell Brave
 * from Chrome. Platform and mobile repeat by their definition what even a reduced user agent says, and are read only
 * where it names no platform: each read of a header costs a call into the runtime.
 * @param header the request's headers; absent for a user agent that came with an event
 * @param typeOnly which browser it is matters to nobody
 */
export function deviceOf(userAgent: string | null, header?: ReadHeader, typeOnly = false): Device {
  const text = (userAgent ?? "").slice(0, MAX_CHARS);
  let known = seen.get(text);
  if (!known) {
    known = { device: parse(text), hinted: CHROMIUM.test(text) };
    seen.keep(text, known);
  }
  if (!header || !known.hinted) return known.device;
  if (typeOnly) return inFull(known.device, header);
  const brands = header("sec-ch-ua")?.slice(0, MAX_CHARS);
  if (!brands) return known.device;
  const key = `${brands}\n${text}`;
  let device = seenWithBrands.get(key);
  if (!device) {
    device = withBrands(known.device, brands);
    seenWithBrands.keep(key, device);
  }
  return inFull(device, header);
}

/** Where the user agent names no platform. */
const inFull = (device: Device, header: ReadHeader): Device =>
  device.os === undefined ? withPlatform(device, header) : device;

function parse(text: string): Device {
  const { device, os, browser } = new UAParser(text).getResult();
  const agent = agentOf(text, isbot(text));
  const major = browser.major ?? "";
  return {
    type: typeOf(device.type, os.name),
    ...(os.name && { os: os.name }),
    ...(browser.name && { browser: inOnePiece(`${browser.name} ${major}`.trim()) }),
    bot: agent !== undefined,
    ...(agent && { agent }),
  };
}

/** The parser names the class of everything but desktops; television sets, consoles and watches are `other`. */
function typeOf(type: string | undefined, os: string | undefined): DeviceType {
  if (type === "mobile" || type === "tablet") return type;
  return type === undefined && os ? "desktop" : "other";
}

function withBrands(device: Device, header: string): Device {
  const { browser, agent } = readBrands(header);
  const known = device.agent ?? agent;
  return {
    ...device,
    ...(browser !== undefined && { browser }),
    bot: device.bot || agent !== undefined,
    ...(known && { agent: known }),
  };
}

function withPlatform(device: Device, header: ReadHeader): Device {
  const os = readPlatform(header("sec-ch-ua-platform"));
  const mobile = readMobile(header("sec-ch-ua-mobile"));
  const type = mobile ? "mobile" : os === "Android" ? "tablet" : os === undefined ? device.type : "desktop";
  return { ...device, type, ...(os !== undefined && { os }) };
}
