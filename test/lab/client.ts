import { WebSocket } from "ws";
import type { z } from "zod";
import { agentListSchema, type WireAgent } from "../../src/facade/contract/agent.ts";
import {
  type Call,
  type CallDetail,
  callDetailSchema,
  callListSchema,
  waitingListSchema,
} from "../../src/facade/contract/call.ts";
import { orderedSchema } from "../../src/facade/contract/call-control.ts";
import { originatedSchema } from "../../src/facade/contract/originate.ts";
import { sessionSchema } from "../../src/facade/contract/session.ts";
import { ticketListSchema } from "../../src/facade/contract/ticket.ts";
import { transcriptSchema } from "../../src/facade/contract/transcript.ts";
import { type Update, updateSchema, updatesPath } from "../../src/facade/contract/updates.ts";
import { until } from "./until.ts";

/** The server's own API, as a program outside uses it: every answer is held against the contract. */
export class Client {
  readonly url: string;
  readonly token: string;

  private constructor(url: string, token: string) {
    this.url = url;
    this.token = token;
  }

  static async signIn(url: string, username: string, password: string): Promise<Client> {
    const answer = await fetch(`${url}/api/auth/login`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ username, password }),
    });
    if (!answer.ok) throw new Error(`sign-in as ${username}: ${await answer.text()}`);
    return new Client(url, sessionSchema.parse(await answer.json()).token);
  }

  async request(method: string, path: string): Promise<Response> {
    const answer = await fetch(this.url + path, {
      method,
      headers: { authorization: `Bearer ${this.token}` },
      signal: AbortSignal.timeout(10_000),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  }

  async #read<T extends z.ZodType>(path: string, schema: T): Promise<z.output<T>> {
    const body: unknown = await (await this.request("GET", path)).json();
    return schema.parse(body);
  }

  /** One call with its segments, events and recordings. */
  call(id: string): Promise<CallDetail> {
    return this.#read(`/api/calls/${id}`, callDetailSchema);
  }

  async liveCalls() {
    return (await this.#read("/api/calls", callListSchema)).calls;
  }

  async pastCalls(limit = 500) {
    return (await this.#read(`/api/calls?scope=ended&limit=${limit}`, callListSchema)).calls;
  }

  /** Every call that has ended, the newest first. */
  async allPastCalls() {
    const calls: Call[] = [];
    let page = "";
    for (;;) {
      const found = await this.#read(`/api/calls?scope=ended&limit=500${page}`, callListSchema);
      calls.push(...found.calls);
      if (found.next_before === null) return calls;
      page = `&before=${found.next_before}&before_id=${found.next_before_id}`;
    }
  }

  async waiting() {
    return (await this.#read("/api/calls/queue", waitingListSchema)).calls;
  }

  async agents(): Promise<readonly WireAgent[]> {
    return (await this.#read("/api/agents", agentListSchema)).agents;
  }

  async agent(id: string): Promise<WireAgent> {
    const found = (await this.agents()).find((each) => each.agent_id === id);
    if (found === undefined) throw new Error(`there is no agent ${id}`);
    return found;
  }

  async setAgent(id: string, status: WireAgent["status"]): Promise<void> {
    await this.request("PATCH", `/api/agents/${id}/status?status=${status}`);
  }

  /** What is asked of a live call, with what is answered. */
  async order(call: string, what: string) {
    const answer = await this.request("POST", `/api/calls/${call}/${what}`);
    return orderedSchema.parse(await answer.json());
  }

  /** Orders a call to somebody. */
  async originate(query: string) {
    const answer = await this.request("POST", `/api/calls?${query}`);
    return originatedSchema.parse(await answer.json());
  }

  async tickets(callId: string) {
    return (await this.#read(`/api/tickets?call_id=${callId}`, ticketListSchema)).tickets;
  }

  async transcript(callId: string) {
    return (await this.#read(`/api/transcripts/${callId}`, transcriptSchema)).messages;
  }

  /** The sound of a call, as soon as it is kept. */
  async recording(callId: string): Promise<Uint8Array> {
    await until(`a recording of ${callId}`, async () => {
      const { recordings } = await this.call(callId);
      return recordings.length > 0;
    });
    const answer = await this.request("GET", `/api/calls/${callId}/recording`);
    return new Uint8Array(await answer.arrayBuffer());
  }

  /** Everything that happens from now on. */
  async updates(): Promise<Updates> {
    const socket = new WebSocket(this.url.replace(/^http/, "ws") + updatesPath, {
      headers: { authorization: `Bearer ${this.token}` },
    });
    const updates = new Updates(socket);
    await updates.next("the snapshot", (update) => update.type === "snapshot");
    return updates;
  }
}

type CallUpdate = Extract<Update, { type: `call:${string}` }>;

/** A live socket: keeps what came, checks that no number is missing, and waits for what is to come. */
export class Updates {
  readonly all: Update[] = [];
  readonly #socket: WebSocket;
  readonly #fresh = new Set<() => void>();
  #fault: Error | null = null;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", (code) => this.#fail(new Error(`the live socket closed with ${code}`)));
    socket.on("message", (data: Buffer) => {
      const update = updateSchema.parse(JSON.parse(data.toString("utf8")));
      if (update.seq !== this.all.length + 1)
        this.#fail(new Error(`message ${update.seq} follows ${this.all.length}`));
      this.all.push(update);
      for (const tell of this.#fresh) tell();
    });
  }

  /** Settles with the first message, past or to come, for which `wanted` holds. */
  async next<T extends Update>(
    what: string,
    wanted: (update: Update) => update is T,
    withinMs?: number,
  ): Promise<T>;
  async next(what: string, wanted: (update: Update) => boolean, withinMs?: number): Promise<Update>;
  async next(
    what: string,
    wanted: (update: Update) => boolean,
    withinMs = 20_000,
  ): Promise<Update> {
    const deadline = AbortSignal.timeout(withinMs);
    for (;;) {
      const found = this.all.find(wanted);
      if (found !== undefined) return found;
      if (this.#fault !== null) throw this.#fault;
      if (deadline.aborted)
        throw new Error(`${what} did not come in ${withinMs} ms; what did:\n${this.story()}`);
      await new Promise<void>((resolve) => {
        const settle = () => {
          this.#fresh.delete(settle);
          deadline.removeEventListener("abort", settle);
          resolve();
        };
        this.#fresh.add(settle);
        deadline.addEventListener("abort", settle);
      });
    }
  }

  /** Settles when a call of this number begins. */
  async begun(phoneNumber: string): Promise<string> {
    const update = await this.next(
      `a call of ${phoneNumber}`,
      (each): each is CallUpdate =>
        each.type === "call:new" && each.data.phone_number === phoneNumber,
    );
    return update.data.call_id;
  }

  /** Settles when this fact of a call is told; with `count`, when it is told so many times. */
  async fact(callId: string, fact: string, count = 1): Promise<CallUpdate> {
    const facts = () =>
      this.all
        .filter(
          (each): each is CallUpdate =>
            each.type !== "call:routed" &&
            each.type !== "call:transferred" &&
            each.type.startsWith("call:") &&
            "facts" in each.data &&
            each.data.call_id === callId,
        )
        // Several that came in one go are told in one message.
        .flatMap((each) => each.data.facts.filter((told) => told === fact).map(() => each));
    await this.next(`${fact} of ${callId}`, () => facts().length >= count);
    const found = facts()[count - 1];
    if (found === undefined) throw new Error(`${fact} of ${callId} is gone again`);
    return found;
  }

  /** What came so far, a line each, for messages of failed tests. */
  story(): string {
    return this.all
      .slice(2)
      .map((each) => {
        const { data } = each;
        const about = [
          "call_id" in data ? data.call_id : "",
          "facts" in data ? data.facts.join(", ") : "",
          "agent_id" in data ? data.agent_id : "",
          "presence" in data ? `${data.presence}/${data.reservation}/${data.device}` : "",
        ];
        return `  ${each.at} ${each.type} ${about.join(" ")}`;
      })
      .join("\n");
  }

  close(): void {
    this.#socket.removeAllListeners("close");
    this.#socket.close();
  }

  #fail(error: Error): void {
    this.#fault ??= error;
    for (const tell of this.#fresh) tell();
  }
}
