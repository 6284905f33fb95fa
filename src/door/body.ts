/**
 * Reading a request's body as JSON within limits: size (also after decompression), encoding, nesting. Whatever the
 * Content-Type says: beacons say text/plain, and some clients gzip and call it a form.
 */
import { isDeeper } from "#core/depth";
import { Problem } from "#core/problem";

/** As Segment's API: 500 KB a batch. */
export const MAX_BODY_BYTES = 512_000;
const MAX_DEPTH = 32;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/**
 * Parse the body.
 * @throws Problem 400 `empty_body`, `invalid_utf8`, `invalid_gzip`, `invalid_json`, `too_deep`; 413 `body_too_large`; 415
 *   `unsupported_encoding`
 */
export async function readJson(request: Request): Promise<unknown> {
  const text = await readText(request);
  if (text === "") throw noBody();
  return parseJson(text);
}

/**
 * The body as text. It may be empty.
 * @throws Problem 413 `body_too_large`; 415 `unsupported_encoding`; rejects with 400 `invalid_utf8`, `invalid_gzip`
 */
export function readText(request: Request): Promise<string> {
  const { headers } = request;
  const declared = headers.get("content-length");
  if (Number(declared) > MAX_BODY_BYTES) throw tooLarge();
  const encoding = headers.get("content-encoding")?.toLowerCase() ?? "";
  if (encoding !== "" && encoding !== "identity" && encoding !== "gzip") {
    throw new Problem(
      415,
      "unsupported_encoding",
      `Content-Encoding ${encoding} is not supported; send gzip or none.`,
    );
  }
  // Google's tag says all that it has in the address, and Snowplow's pixel: to read nothing costs as much as to read a kilobyte.
  if (declared === "0") return Promise.resolve("");
  // A declared length was checked, and the runtime holds the sender to it: what cannot be gzip is read at once as text.
  if (declared !== null && encoding === "" && TEXT.test(headers.get("content-type") ?? "")) {
    // Not an async function for this: what nearly every request does should wait once.
    return request.text().then((text) => {
      if (text.includes("\uFFFD")) checkReplaced(text, Number(declared));
      return text;
    });
  }
  return readBytes(request, declared, encoding === "gzip");
}

async function readBytes(request: Request, declared: string | null, isLabelled: boolean): Promise<string> {
  let bytes = declared === null ? await countBytes(request) : new Uint8Array(await request.arrayBuffer());
  // gzip is recognised by its magic number: some clients label it as a form.
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) bytes = await gunzip(bytes);
  else if (isLabelled && bytes.length > 0)
    throw new Problem(400, "invalid_gzip", "The body is labelled gzip but is not.");
  return decode(bytes);
}

/** Anything else may be gzip: rudder-sdk-node calls its own a form. */
const TEXT = /^(?:text\/|application\/json)/i;

export const noBody = (): Problem => new Problem(400, "empty_body", "The request has no body.");
const notUtf8 = (): Problem => new Problem(400, "invalid_utf8", "The body is not valid UTF-8.");

/**
 * A text with replacement characters: the sender's own, or ours for bytes that are no UTF-8? Ours changed its length,
 * unless exactly three bytes of a cut character became the three of a replacement: that one stays as it is.
 */
function checkReplaced(text: string, bytes: number): void {
  if (text.startsWith("\u001F\uFFFD"))
    throw new Problem(400, "invalid_gzip", "The body looks like gzip but is not labelled so.");
  if (new TextEncoder().encode(text).length !== bytes) throw notUtf8();
}

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw notUtf8();
  }
}

/** Parse JSON text of bounded nesting. @throws Problem 400 `invalid_json`, `too_deep` */
export function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text); // not recursive in V8: it may be nested as deep as it is long
  } catch {
    throw new Problem(400, "invalid_json", "The body is not valid JSON.");
  }
  if (isDeeper(value, MAX_DEPTH))
    throw new Problem(400, "too_deep", `The body is nested deeper than ${MAX_DEPTH} levels.`);
  return value;
}

/** Only here is `body` touched: the stream that it becomes costs more than the rest of the reading. */
async function countBytes({ body }: Request): Promise<Uint8Array<ArrayBuffer>> {
  return body ? collect(body, tooLarge) : new Uint8Array();
}

async function gunzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await collect(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")), tooLarge);
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem(400, "invalid_gzip", "The body is labelled gzip but cannot be decompressed.");
  }
}

async function collect(
  stream: ReadableStream<Uint8Array>,
  overflow: () => Problem,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    size += next.value.length;
    if (size > MAX_BODY_BYTES) {
      await reader.cancel();
      throw overflow();
    }
    chunks.push(next.value);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

const tooLarge = (): Problem =>
  new Problem(
    413,
    "body_too_large",
    `The body is larger than ${MAX_BODY_BYTES} bytes, also counted after decompression.`,
  );
