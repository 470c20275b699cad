import type { Socket } from "node:net";
import { z } from "zod";
import { Netstrings, netstring } from "./netstring.ts";

const eventSchema = z.looseObject({
  event: z.literal(true),
  type: z.string(),
  class: z.string().optional(),
  peeruri: z.string().optional(),
  id: z.string().optional(),
  param: z.string().optional(),
});

/** What baresip tells: `CALL_INCOMING`, `CALL_ESTABLISHED`, `CALL_CLOSED`, `CALL_DTMF_START`, ... */
export type BaresipEvent = z.infer<typeof eventSchema> & { readonly at: number };

const responseSchema = z.looseObject({
  response: z.literal(true),
  ok: z.boolean(),
  data: z.string(),
  token: z.string().optional(),
});

/** baresip's control connection: commands out, answers and events in. */
export class ControlLine {
  readonly events: BaresipEvent[] = [];
  readonly #socket: Socket;
  readonly #asked = new Map<string, (answer: z.infer<typeof responseSchema>) => void>();
  readonly #waiting: { type: string; settle: (event: BaresipEvent) => void }[] = [];
  readonly #untaken: BaresipEvent[] = [];
  readonly #lookers: (() => void)[] = [];
  #count = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    const strings = new Netstrings();
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk: Buffer) => {
      for (const text of strings.take(chunk)) this.#take(JSON.parse(text));
    });
  }

  async ask(command: string, params: string): Promise<void> {
    this.#count += 1;
    const token = String(this.#count);
    const { promise, resolve } = Promise.withResolvers<z.infer<typeof responseSchema>>();
    this.#asked.set(token, resolve);
    this.#socket.write(netstring(JSON.stringify({ command, params, token })));
    const answer = await promise;
    if (!answer.ok) throw new Error(`baresip refused ${command}: ${answer.data}`);
  }

  event(type: string): Promise<BaresipEvent> {
    const index = this.#untaken.findIndex((event) => event.type === type);
    const [found] = index < 0 ? [] : this.#untaken.splice(index, 1);
    if (found !== undefined) return Promise.resolve(found);
    const { promise, resolve } = Promise.withResolvers<BaresipEvent>();
    this.#waiting.push({ type, settle: resolve });
    return promise;
  }

  /** Settles when an event of one of these types is among those from number `from` on; it stays to be awaited. */
  async seen(types: readonly string[], from: number): Promise<void> {
    while (!this.events.slice(from).some((event) => types.includes(event.type))) {
      await new Promise<void>((resolve) => this.#lookers.push(resolve));
    }
  }

  #take(message: unknown): void {
    const response = responseSchema.safeParse(message);
    if (response.success) {
      const { token } = response.data;
      if (token !== undefined) this.#asked.get(token)?.(response.data);
      return;
    }
    const parsed = eventSchema.safeParse(message);
    if (!parsed.success) return;
    const event = { ...parsed.data, at: Date.now() };
    this.events.push(event);
    for (const look of this.#lookers.splice(0)) look();
    const index = this.#waiting.findIndex((each) => each.type === event.type);
    const [waiter] = index < 0 ? [] : this.#waiting.splice(index, 1);
    if (waiter === undefined) this.#untaken.push(event);
    else waiter.settle(event);
  }
}
