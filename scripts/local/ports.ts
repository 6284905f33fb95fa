/** Reads a port from the environment and makes sure that it is free, so that the message can name the setting. */
import { createServer } from "node:net";

/** The port of the variable, or the default. Ends the process with one line when it is not usable. */
export async function checkPort(variable: string, fallback: number): Promise<number> {
  const text = process.env[variable] || String(fallback);
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    console.error(`${variable} is "${text}": it must be a port from 1 to 65535.`);
    process.exit(1);
  }
  for (const host of ["127.0.0.1", "::1"]) {
    const code = await tryListen(port, host);
    if (code === "EADDRINUSE") {
      console.error(
        `Port ${port} is taken: set ${variable} to a free one, for example ${variable}=${port + 10} npm start.`,
      );
      process.exit(1);
    }
    if (code === "EACCES") {
      console.error(`Port ${port} needs more rights: set ${variable} to one above 1023.`);
      process.exit(1);
    }
  }
  return port;
}

/** The error's code, or undefined where it could listen. A machine without IPv6 says EADDRNOTAVAIL, which is fine. */
function tryListen(port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/** A port that is free now, for tests that must know their address before they start. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
