import type { Agent } from "../domain/agent.ts";
import type { AgentId } from "../domain/ids.ts";
import type { DeviceChange } from "../ports/telephony.ts";
import type { Deps } from "./deps.ts";
import { Rerun } from "./rerun.ts";

/** Those who watch can wait for so long; whoever is being rung cannot, and many changes are one look. */
const READ_AFTER_MS = 20;

/** Tells the board of each agent whose state has changed, whichever process or part changed it. */
export class AgentWatch {
  readonly #deps: Pick<Deps, "board" | "clock" | "desk" | "log">;
  readonly #told = new Map<AgentId, { readonly agent: Agent; readonly text: string }>();
  readonly #stopped = new AbortController();
  readonly #look = new Rerun(() => this.#read());

  constructor(deps: Pick<Deps, "board" | "clock" | "desk" | "log">) {
    this.#deps = deps;
  }

  /** To be called on every change at the desk; many in one go are one look. */
  changed(): void {
    if (!this.#stopped.signal.aborted) this.#look.ask();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#look.idle();
  }

  async #read(): Promise<void> {
    const { signal } = this.#stopped;
    try {
      await this.#deps.clock.sleep(READ_AFTER_MS, signal);
      for (const agent of await this.#deps.desk.agents()) this.#tell(agent);
    } catch (error) {
      if (!signal.aborted) {
        this.#deps.log.error({ err: error }, "agents could not be read for the board");
      }
    }
  }

  #tell(agent: Agent): void {
    const told = this.#told.get(agent.id);
    if (told?.agent === agent) return;
    const text = JSON.stringify(agent);
    this.#told.set(agent.id, { agent, text });
    if (told?.text === text) return;
    this.#deps.board.publish({ type: "agent", agent, at: this.#deps.clock.now() });
  }
}

/** Writes down what Asterisk says of a phone. */
export function noteDevice(
  change: DeviceChange,
  deps: Pick<Deps, "clock" | "desk" | "dispatcher" | "log">,
): void {
  deps.desk.setDevice(change.extension, change.device, deps.clock.now()).catch((error: unknown) => {
    deps.log.error({ extension: change.extension, err: error }, "a phone's state was not noted");
  });
  // A phone that is free again is what a waiting caller waits for: the look at the queue goes out in the same breath,
  // behind the change, and need not wait for its answer.
  if (change.device === "idle") deps.dispatcher.wake();
}
