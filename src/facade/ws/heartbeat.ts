import type { WebSocket } from "ws";

export interface Rhythm {
  /** Who was not heard for so long is pinged. */
  readonly pingAfterMs: number;
  /** Who has not answered so long after that is gone. */
  readonly silentForMs: number;
}

/** How often it is looked, within the time after which somebody is pinged. */
const looks = 10;

/**
 * Cuts sockets whose other end has gone without a word. Each has its own rhythm from the moment it came, so that not all
 * are pinged in one breath. Silence is counted in looks: a process that was held up itself has not looked meanwhile.
 */
export class Heartbeat {
  /** How many looks each socket has been silent for. */
  readonly #silence = new Map<WebSocket, number>();
  readonly #goneAfter: number;
  readonly #isExcused: (socket: WebSocket) => boolean;
  readonly #timer: NodeJS.Timeout;

  /** `isExcused`: a ping would stand behind what this one has still to take. */
  constructor({ pingAfterMs, silentForMs }: Rhythm, isExcused: (socket: WebSocket) => boolean) {
    const everyMs = pingAfterMs / looks;
    this.#goneAfter = looks + Math.ceil(silentForMs / everyMs);
    this.#isExcused = isExcused;
    this.#timer = setInterval(() => this.#look(), everyMs);
  }

  watch(socket: WebSocket): void {
    const heard = (): void => void this.#silence.set(socket, 0);
    heard();
    socket.on("pong", heard);
    socket.on("message", heard);
    socket.once("close", () => this.#silence.delete(socket));
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    for (const [socket, before] of this.#silence) {
      const silence = this.#isExcused(socket) ? 0 : before + 1;
      this.#silence.set(socket, silence);
      if (silence >= this.#goneAfter) socket.terminate();
      else if (silence === looks && socket.readyState === socket.OPEN) socket.ping();
    }
  }
}
