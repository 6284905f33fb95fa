/** A visitor's cookies for one host, as a browser would keep them. Played visitors have one each. */

/** `header` is what to send; `store` takes the Set-Cookie lines of an answer. */
export type CookieJar = {
  header(): string;
  set(name: string, value: string): void;
  store(setCookies: readonly string[]): void;
};

/** An empty jar. Path, domain and Secure are ignored: there is one local host. */
export function createCookieJar(): CookieJar {
  const cookies = new Map<string, string>();
  return {
    header: () => [...cookies].map(([name, value]) => `${name}=${value}`).join("; "),
    set: (name, value) => void cookies.set(name, value),
    store(setCookies) {
      for (const line of setCookies) {
        const [pair = "", ...attributes] = line.split(";");
        const at = pair.indexOf("=");
        if (at < 1) continue;
        const name = pair.slice(0, at).trim();
        if (isExpired(attributes)) cookies.delete(name);
        else cookies.set(name, pair.slice(at + 1).trim());
      }
    },
  };
}

function isExpired(attributes: readonly string[]): boolean {
  return attributes.some((attribute) => {
    const [name = "", value = ""] = attribute.trim().split("=", 2);
    if (name.toLowerCase() === "max-age") return Number(value) <= 0;
    return name.toLowerCase() === "expires" && Date.parse(value) < Date.now();
  });
}
