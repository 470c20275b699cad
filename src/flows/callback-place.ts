import type { QueueSettings } from "../domain/centre.ts";
import { type AgentId, asQueueName } from "../domain/ids.ts";
import { overflowedIn } from "../domain/queue.ts";
import type { NewEntry } from "../ports/desk.ts";
import { Inbox } from "../ports/inbox.ts";
import type { Held, Unmet } from "./call.ts";
import type { Notice } from "./dispatch.ts";
import { type History, lookBack, preferredNow } from "./regulars.ts";

/** The place in its queue of a call that nobody is on yet, and the agents who are kept for it. */
export class CallbackPlace {
  readonly #call: Unmet;
  readonly #settings: QueueSettings;
  readonly #history: History;
  readonly #offers = new Inbox<Notice>();
  /** Whether it is known to be at the desk. */
  #waits = false;

  constructor(call: Unmet, settings: QueueSettings) {
    this.#call = call;
    this.#settings = settings;
    this.#history = lookBack(call.record.state, call.deps);
  }

  /** What the dispatcher says. */
  hear(notice: Notice): void {
    this.#offers.put(notice);
  }

  /** It has been given up at the desk, and is taken anew when it is needed. */
  lose(): void {
    this.#waits = false;
    this.#offers.flush();
  }

  /** The next agent who is kept for her; `null` when none was in time. */
  async nextAgent(withinMs: number, cancelled: Promise<"cancelled">): Promise<Held | null> {
    const { scope } = this.#call;
    await this.#join();
    return await scope.within(
      withinMs,
      async (waiting) => {
        for (;;) {
          const told = this.#offers.next(waiting.signal);
          const notice = await Promise.race([told, cancelled]);
          if (notice === "cancelled") return null;
          if (notice.type === "offer" && (await this.#isKept(notice.assignment.agent)))
            return notice;
        }
      },
      () => null,
    );
  }

  /** An agent who was kept before the place was taken anew is not any more. */
  async #isKept(agent: AgentId): Promise<boolean> {
    const { record, scope, deps } = this.#call;
    const { waiting } = await scope.wait(deps.desk.view());
    const place = waiting.find(({ call }) => call === record.state.id);
    return place?.offeredTo === agent;
  }

  /** The place at the desk is the one that she had: whoever else waits sees no difference. */
  async #join(): Promise<void> {
    const { record, scope, deps } = this.#call;
    const { id, queuedAt, startedAt, priority, language } = record.state;
    const { waiting } = await scope.wait(deps.desk.view());
    if (this.#waits && waiting.some(({ call }) => call === id)) return;
    const prefers = preferredNow({ history: this.#history, deps }, this.#settings);
    const entry: NewEntry = {
      call: id,
      queue: asQueueName(this.#settings.name),
      priority,
      language,
      ...overflowedIn(record.state),
      callback: true,
      enteredAt: queuedAt ?? startedAt,
      owner: deps.owner,
      ...(prefers === null ? {} : { prefers }),
    };
    await scope.wait(deps.desk.join(entry));
    this.#waits = true;
  }
}
