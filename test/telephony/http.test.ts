import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { AnswerReader } from "../../src/telephony/ari/answer.ts";
import { createHttpPool, type HttpPool } from "../../src/telephony/ari/http.ts";

const opened: { server: Server; pool: HttpPool; sockets: Set<Socket> }[] = [];

afterEach(async () => {
  for (const { server, pool, sockets } of opened.splice(0)) {
    pool.close();
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, "close");
  }
});

/** A server that hands each request, as text, to `onRequest`, with the number of its connection. */
async function open(
  onRequest: (text: string, socket: Socket, connection: number) => void,
  connectionsAtMost = 4,
) {
  const sockets = new Set<Socket>();
  let count = 0;
  const server = createServer((socket) => {
    const connection = (count += 1);
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("data", (text) => onRequest(text.toString(), socket, connection));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const pool = createHttpPool({
    host: "127.0.0.1",
    port: (server.address() as AddressInfo).port,
    authorization: "Basic x",
    idleMs: 1_000,
    connectionsAtMost,
    answerBytesAtMost: 1_000,
  });
  opened.push({ server, pool, sockets });
  return { pool, connections: () => count };
}

const answer = (body: string, more = "") =>
  `HTTP/1.1 200 OK\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`;

describe("a pool of connections", () => {
  it("sends what was asked, with its body, and uses a connection again", async () => {
    const heard: string[] = [];
    const { pool, connections } = await open((text, socket) => {
      heard.push(text);
      socket.write(answer("yes"));
    });
    const one = await pool.exchange("POST", "/ari/x?y=1", Buffer.from("{}"), 1_000);
    const two = await pool.exchange("GET", "/ari/z", null, 1_000);
    expect([one.status, one.bytes.toString(), two.bytes.toString()]).toEqual([200, "yes", "yes"]);
    expect(heard[0]).toMatch(/^POST \/ari\/x\?y=1 HTTP\/1\.1\r\n/);
    expect(heard[0]).toContain("\r\nAuthorization: Basic x\r\n");
    expect(heard[0]?.endsWith("\r\nContent-Length: 2\r\n\r\n{}")).toBe(true);
    expect(connections()).toBe(1);
  });

  it("has a connection for each request under way, and makes the others wait when all are busy", async () => {
    const held: Socket[] = [];
    let all: () => void = () => undefined;
    const both = new Promise<void>((resolve) => {
      all = resolve;
    });
    const { pool, connections } = await open((text, socket) => {
      if (text.includes("/third")) return void socket.write(answer("third"));
      held.push(socket);
      if (held.length === 2) all();
    }, 2);
    const asked = ["/first", "/second", "/third"].map((path) =>
      pool.exchange("GET", path, null, 1_000),
    );
    await both;
    held[1]?.write(answer("second"));
    expect((await asked[2])?.bytes.toString()).toBe("third");
    held[0]?.write(answer("first"));
    expect((await asked[0])?.bytes.toString()).toBe("first");
    expect((await asked[1])?.bytes.toString()).toBe("second");
    expect(connections()).toBe(2);
  });

  it("gives up at the deadline, and never takes a late answer for that of the next request", async () => {
    const { pool } = await open((text, socket) => {
      if (text.includes("/slow")) setTimeout(() => socket.write(answer("late")), 60);
      else socket.write(answer("next"));
    });
    await expect(pool.exchange("GET", "/slow", null, 30)).rejects.toThrow("within 30 ms");
    expect((await pool.exchange("GET", "/next", null, 1_000)).bytes.toString()).toBe("next");
  });

  it("rejects when the connection is lost, and connects anew for the next request", async () => {
    const { pool, connections } = await open((text, socket) => {
      if (text.includes("/cut")) socket.destroy();
      else socket.write(answer("yes"));
    });
    await expect(pool.exchange("GET", "/cut", null, 1_000)).rejects.toThrow();
    expect((await pool.exchange("GET", "/x", null, 1_000)).bytes.toString()).toBe("yes");
    expect(connections()).toBe(2);
  });

  it("does not use a connection again that leads nowhere any more", async () => {
    const held: Socket[] = [];
    const { pool, connections } = await open((text, socket) => {
      if (text.includes("/held")) held.push(socket);
      else socket.write(answer("yes"));
    });
    await pool.exchange("GET", "/x", null, 1_000);
    const under = pool.exchange("GET", "/held", null, 1_000);
    await pool.exchange("GET", "/x", null, 1_000);
    expect(connections()).toBe(2);
    pool.dropIdle();
    await pool.exchange("GET", "/x", null, 1_000);
    expect(connections()).toBe(3);
    held[0]?.write(answer("in its own time"));
    expect((await under).status).toBe(200);
  });

  it("does not use a connection again that the server wants closed", async () => {
    const { pool, connections } = await open((_, socket) =>
      socket.write(answer("bye", "Connection: close\r\n")),
    );
    await pool.exchange("GET", "/x", null, 1_000);
    await pool.exchange("GET", "/x", null, 1_000);
    expect(connections()).toBe(2);
  });

  it("rejects what is under way and what waits when it is closed", async () => {
    const { pool } = await open(() => undefined, 1);
    const asked = [1, 2].map(() => pool.exchange("GET", "/x", null, 1_000));
    pool.close();
    const ends = await Promise.allSettled(asked);
    expect(ends.map((end) => end.status)).toEqual(["rejected", "rejected"]);
    await expect(pool.exchange("GET", "/x", null, 1_000)).rejects.toThrow("closed");
  });
});

describe("an answer", () => {
  /** Takes a text one byte at a time, and gives what comes out at its last byte. */
  function read(text: string, atMost = 1_000) {
    const reader = new AnswerReader(atMost);
    const bytes = Buffer.from(text);
    bytes.subarray(0, -1).forEach((byte) => expect(reader.take(Buffer.from([byte]))).toBeNull());
    return reader.take(bytes.subarray(-1)) ?? reader.end();
  }

  it("is read in any pieces, by its length", () => {
    const text = answer('{"a":1}', "Content-Type: application/json\r\n");
    expect(read(text)).toMatchObject({ status: 200, json: true, keep: true });
    expect(read(text)?.bytes.toString()).toBe('{"a":1}');
  });

  it("is read in chunks, without a body, and up to the end of the connection", () => {
    const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    expect(read(`${chunked}3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n`)?.bytes.toString()).toBe("abcde");
    expect(read(`${chunked}1\r\na\r\n0\r\nX: y\r\n\r\n`)?.bytes.toString()).toBe("a");
    expect(read("HTTP/1.1 204 No Content\r\n\r\n")).toMatchObject({ status: 204, keep: true });
    expect(read("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n")?.status).toBe(204);
    const open = read("HTTP/1.1 200 OK\r\n\r\nabc");
    expect([open?.bytes.toString(), open?.keep]).toEqual(["abc", false]);
  });

  it("is refused when it is no HTTP, or too long", () => {
    expect(() => read("SSH-2.0-x\r\n\r\n")).toThrow("no HTTP");
    expect(() => read(answer("abcdefghij"), 5)).toThrow("too long");
    expect(() => read("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n")).toThrow("no number");
  });

  it("with more behind it than it announced ends its connection", () => {
    expect(new AnswerReader(1_000).take(Buffer.from(`${answer("abc")}x`))?.keep).toBe(false);
  });
});
