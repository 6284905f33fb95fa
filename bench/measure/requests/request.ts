/** One measured request, and its bytes on the wire. Written to a file that wrk.lua reads and takes in turns. */
import { writeFile } from "node:fs/promises";

export interface BenchRequest {
  method: "GET" | "POST";
  path: string;
  headers: Record<string, string>;
  body: string;
  /** What our Worker answers in production. */
  answer: {
    status: number;
    /** How the answer's body begins. */
    begins: string;
    /** What else is in it. */
    has?: string;
  };
  /** Contracts of the events that it brings to the events queue, in order; none for a request that collects nothing. */
  events: readonly string[];
}

/** One request as HTTP/1.1. */
export function toWire({ method, path, headers, body }: BenchRequest): Buffer {
  const bytes = Buffer.from(body);
  const length = method === "POST" ? [`content-length: ${bytes.length}`] : [];
  const lines = [
    `${method} ${path} HTTP/1.1`,
    ...Object.entries(headers).map(([n, v]) => `${n}: ${v}`),
    ...length,
    "",
    "",
  ];
  return Buffer.concat([Buffer.from(lines.join("\r\n")), bytes]);
}

/** Write requests as wrk.lua reads them: each as its length in decimal, a line feed, and its bytes. */
export async function writeRequests(file: string, requests: readonly BenchRequest[]): Promise<void> {
  const parts = requests.flatMap((request) => {
    const wire = toWire(request);
    return [Buffer.from(`${wire.length}\n`), wire];
  });
  await writeFile(file, Buffer.concat(parts));
}
