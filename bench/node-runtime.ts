/**
 * Node 24 lacks four methods of Uint8Array (ECMAScript 2026) that workerd has and src/ uses. Imported, before
 * anything of src/, by what runs src/ in Node: making cookies for the bench, and the cost meter.
 */
const define = (target: object, name: string, value: unknown) => {
  if (!Object.hasOwn(target, name))
    Object.defineProperty(target, name, { value, writable: true, configurable: true });
};

define(Uint8Array.prototype, "toHex", function (this: Uint8Array) {
  return Buffer.from(this.buffer, this.byteOffset, this.byteLength).toString("hex");
});

define(Uint8Array.prototype, "toBase64", function (this: Uint8Array, options?: { alphabet?: string }) {
  const bytes = Buffer.from(this.buffer, this.byteOffset, this.byteLength);
  return bytes.toString(options?.alphabet === "base64url" ? "base64url" : "base64");
});

const fromBase64 = (text: string, options?: { alphabet?: string }) => {
  const url = options?.alphabet === "base64url";
  if (!(url ? /^[\w-]*={0,2}$/ : /^[\w+/]*={0,2}$/).test(text)) throw new SyntaxError("not base64");
  return new Uint8Array(Buffer.from(text, url ? "base64url" : "base64"));
};
define(Uint8Array, "fromBase64", fromBase64);

define(
  Uint8Array.prototype,
  "setFromBase64",
  function (this: Uint8Array, text: string, options?: { alphabet?: string }) {
    const bytes = fromBase64(text, options);
    this.set(bytes);
    return { read: text.length, written: bytes.length };
  },
);
