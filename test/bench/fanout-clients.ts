import { connect, type Socket } from "node:net";

/**
 * The dashboards of `fanout`, in a process of their own: many sockets that read frames and count them. As little as
 * possible is done with each, so that the machine is left to the server. They speak just as much of RFC 6455 as that takes.
 */
export interface Crowd {
  readonly port: number;
  /** Path and query. */
  readonly target: string;
  readonly clients: number;
  /** Messages that each gets to begin with, which are not counted. */
  readonly skip: number;
  /** Messages that each gets after those. */
  readonly expect: number;
}

/** What the crowd tells: that all are there; when the last of them had each message; that it cannot go on. */
export type FromCrowd =
  | { readonly is: "there" }
  | { readonly is: "done"; readonly lastAt: readonly number[]; readonly counts: readonly number[] }
  | { readonly is: "broken"; readonly why: string };

/** Milliseconds of the machine's own monotonic clock, which is the same in every process. */
export const machineNow = (): number => Number(process.hrtime.bigint()) / 1e6;

const opcodes = { close: 8, ping: 9 } as const;
/** An answer to a ping without a payload; its mask is of no account. */
const pong = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);
/** How many connections are opened at a time. */
const atOnce = 50;

/** Reads frames off one connection; `onFrame` is told when a whole one has come. */
function readFrames(socket: Socket, onFrame: (opcode: number) => void): void {
  let head: Buffer = Buffer.alloc(0);
  let isOpen = false;
  let left = 0;
  let opcode = 0;
  socket.on("data", (data: Buffer) => {
    let at = 0;
    let chunk = data;
    if (!isOpen || head.length > 0) {
      chunk = Buffer.concat([head, data]);
      head = Buffer.alloc(0);
    }
    if (!isOpen) {
      const end = chunk.indexOf("\r\n\r\n");
      if (end < 0) {
        head = chunk;
        return;
      }
      if (!chunk.subarray(0, 12).equals(Buffer.from("HTTP/1.1 101")))
        throw new Error(`refused: ${chunk.subarray(0, 30).toString("latin1")}`);
      isOpen = true;
      at = end + 4;
      onFrame(0);
    }
    while (at < chunk.length || left > 0) {
      if (left > 0) {
        const taken = Math.min(left, chunk.length - at);
        at += taken;
        left -= taken;
        if (left > 0) return;
        onFrame(opcode);
        continue;
      }
      const rest = chunk.length - at;
      const short = rest < 2 ? 0 : (chunk[at + 1] ?? 0) & 0x7f;
      const size = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (rest < size) {
        head = Buffer.from(chunk.subarray(at));
        return;
      }
      opcode = (chunk[at] ?? 0) & 0x0f;
      if (short === 126) left = chunk.readUInt16BE(at + 2);
      else if (short === 127) left = Number(chunk.readBigUInt64BE(at + 2));
      else left = short;
      at += size;
      if (left === 0) onFrame(opcode);
    }
  });
}

async function play({ port, target, clients, skip, expect }: Crowd): Promise<void> {
  const tell = (message: FromCrowd): void => void process.send?.(message);
  const lastAt = Array.from({ length: expect }, () => 0);
  const counts = Array.from({ length: expect }, () => 0);
  let there = 0;
  let done = 0;
  const open = (): Promise<void> =>
    new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.setNoDelay(true);
      socket.write(
        `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
      );
      // The answer to the handshake counts as the first.
      let number = -1 - skip;
      readFrames(socket, (opcode) => {
        if (opcode === opcodes.ping) return void socket.write(pong);
        if (opcode === opcodes.close) return tell({ is: "broken", why: "closed by the server" });
        if (number >= 0) {
          lastAt[number] = machineNow();
          counts[number] = (counts[number] ?? 0) + 1;
        }
        number += 1;
        if (number === 0) {
          there += 1;
          resolve();
          if (there === clients) tell({ is: "there" });
        }
        if (number === expect) done += 1;
        if (done === clients) tell({ is: "done", lastAt, counts });
      });
      socket.on("error", (error) => tell({ is: "broken", why: String(error) }));
    });
  for (let opened = 0; opened < clients; opened += atOnce)
    await Promise.all(Array.from({ length: Math.min(atOnce, clients - opened) }, open));
}

if (process.send !== undefined) {
  process.once("message", (crowd: Crowd) => void play(crowd));
  // Whoever started it is gone.
  process.once("disconnect", () => process.exit(0));
}
