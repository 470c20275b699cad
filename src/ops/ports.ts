import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { portFault } from "./fault.ts";

/** The ports of one instance. */
export interface Ports {
  /** The web pages, the API and the live updates. */
  readonly http: number;
  readonly sip: number;
  readonly ari: number;
  readonly ami: number;
  readonly redis: number;
}

export type PortName = keyof Ports;

/** Where a port is looked for first: next to the usual numbers, which an installed Asterisk or Redis may use. */
export const usualPorts: Ports = { http: 8000, sip: 5160, ari: 8188, ami: 5138, redis: 6479 };

export interface PortWishes {
  /** Ports that somebody named: these or an error. */
  readonly named: Partial<Ports>;
  /** `usual`: the first free one from the usual number up. `any`: whatever the system gives, for tests side by side. */
  readonly others: "usual" | "any";
  /** Where each is bound. */
  readonly addresses: Readonly<Record<PortName, string>>;
}

/** Picks free ports, all different. They are held while the rest is looked for, and free when this returns. */
export async function pickPorts(wishes: PortWishes): Promise<Ports> {
  const held: Held[] = [];
  const pick = async (name: PortName): Promise<number> => {
    const address = wishes.addresses[name];
    const named = wishes.named[name];
    if (named !== undefined) {
      const hold = await holdPort(named, address, name === "sip");
      if (hold === null) throw portFault(name, named, address);
      held.push(hold);
      return hold.port;
    }
    const first = usualPorts[name];
    const candidates = wishes.others === "usual" ? range(first, first + 99) : Array(99).fill(0);
    for (const candidate of candidates) {
      const hold = await holdPort(candidate, address, name === "sip");
      if (hold === null) continue;
      held.push(hold);
      return hold.port;
    }
    throw portFault(name, first, address);
  };
  try {
    return {
      http: await pick("http"),
      sip: await pick("sip"),
      ari: await pick("ari"),
      ami: await pick("ami"),
      redis: await pick("redis"),
    };
  } finally {
    await Promise.all(held.map((hold) => hold.release()));
  }
}

/** Any free TCP port. */
export async function freePort(address: string): Promise<number> {
  const hold = await holdPort(0, address, false);
  if (hold === null) throw portFault("any port", 0, address);
  await hold.release();
  return hold.port;
}

/** A port that is free in TCP and UDP, and the next one too: where a phone listens for SIP, and for SIP over TLS. */
export async function freeSipPort(address: string): Promise<number> {
  for (let tried = 0; tried < 20; tried += 1) {
    const first = await holdPort(0, address, true);
    const second = first === null ? null : await holdPort(first.port + 1, address, false);
    await Promise.all([first?.release(), second?.release()]);
    if (first !== null && second !== null) return first.port;
  }
  throw portFault("any port", 0, address);
}

/**
 * Where an instance's audio goes. Two instances may get the same range: Asterisk tries on when one of its ports is
 * taken, so different ones only save it the trouble.
 */
export function audioPorts(sip: number): { rtpFrom: number; rtpTo: number } {
  const rtpFrom = 12_000 + 2_000 * (sip % 9);
  return { rtpFrom, rtpTo: rtpFrom + 1_999 };
}

interface Held {
  readonly port: number;
  release(): Promise<void>;
}

/** Binds a port, in UDP too for SIP; null when it is taken. Port 0 is any port. */
async function holdPort(port: number, address: string, alsoUdp: boolean): Promise<Held | null> {
  const tcp = createServer();
  if (!(await bound(tcp, () => tcp.listen({ port, host: address, exclusive: true })))) return null;
  const bind = tcp.address();
  const number = bind !== null && typeof bind === "object" ? bind.port : port;
  const udp = alsoUdp ? createSocket("udp4") : null;
  if (
    udp !== null &&
    !(await bound(udp, () => udp.bind({ port: number, address, exclusive: true })))
  ) {
    await closed(tcp);
    return null;
  }
  return {
    port: number,
    release: async () => {
      await closed(tcp);
      if (udp !== null) await closed(udp);
    },
  };
}

async function bound(socket: Server | Socket, bind: () => void): Promise<boolean> {
  const listening = once(socket, "listening");
  try {
    bind();
    await listening;
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "EADDRINUSE" || code === "EACCES" || code === "EADDRNOTAVAIL") return false;
    throw error;
  }
}

async function closed(socket: Server | Socket): Promise<void> {
  const gone = once(socket, "close");
  socket.close();
  await gone;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
