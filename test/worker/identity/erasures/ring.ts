/** The console's ring as a list: what it is told to show, less what it is told to forget. */
import type { Receipt } from "#contracts/messages/receipt";
import type { LiveTail } from "#lake/live-tail";
import { personOf } from "#lake/person";

export class Ring {
  #lines: string[] = [];

  namespace(): DurableObjectNamespace<LiveTail> {
    const object = {
      append: async (receipts: readonly Receipt[]) =>
        void this.#lines.push(...receipts.map((receipt) => JSON.stringify(receipt))),
      forget: async (
        eventIds: readonly string[],
        subjects: readonly string[],
        decisions: readonly string[],
      ) => {
        const person = personOf(subjects, decisions);
        const own = this.#lines.filter((line) => person.isIn(line));
        const ids = new Set([...eventIds, ...own.map((line) => (JSON.parse(line) as Receipt).eventId)]);
        const before = this.#lines.length;
        this.#lines = this.#lines.filter(
          (line) => !person.isIn(line) && !ids.has((JSON.parse(line) as Receipt).eventId),
        );
        return { events: 0, receipts: before - this.#lines.length };
      },
    };
    return { idFromName: (name: string) => name, get: () => object } as never;
  }

  text(): string {
    return this.#lines.join("\n");
  }
}
