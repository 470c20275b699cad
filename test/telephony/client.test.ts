import { afterEach, describe, expect, it } from "vitest";
import { KituoError } from "../../src/domain/errors.ts";
import {
  type AriClient,
  type AriClientOptions,
  createAriClient,
} from "../../src/telephony/ari/client.ts";
import { pathOf } from "../../src/telephony/ari/requests.ts";
import { pauseBefore } from "../../src/telephony/ari/socket.ts";
import type { AriEvent } from "../../src/telephony/ari/wire.generated.ts";
import { type AriServer, startAriServer } from "./ari-server.ts";
import { quietLog } from "./log.ts";

const owned: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of owned.splice(0).reverse()) await each.close();
});

async function server(options: { answersPings?: boolean } = {}): Promise<AriServer> {
  const made = await startAriServer(options);
  owned.push({ close: () => made.stop() });
  return made;
}

function client(made: AriServer, options: Partial<AriClientOptions> = {}): AriClient {
  const created = createAriClient({
    url: made.url,
    user: "kituo",
    password: "secret",
    app: "kituo-test",
    log: quietLog,
    onEvent: () => undefined,
    onConnect: () => Promise.resolve(),
    onPulse: () => undefined,
    onReplaced: () => undefined,
    reconnectMs: { least: 5, most: 20 },
    ...options,
  });
  owned.push({ close: () => created.close() });
  return created;
}

const dtmf = (digit: string) => ({ type: "ChannelDtmfReceived", digit, channel: { id: "c" } });
const isFilter = (request: { method: string }): boolean => request.method === "PUT";

describe("requests of ARI", () => {
  it("encode names with slashes and join lists by commas", () => {
    const path = pathOf("/recordings/stored/{recordingName}/file", {
      path: { recordingName: "CALL-1/a b" },
      query: { media: ["sound:a", "sound:b"], lang: undefined },
    });
    expect(path).toBe("/recordings/stored/CALL-1%2Fa%20b/file?media=sound%3Aa%2Csound%3Ab");
  });

  it("say 404 and 409 as values and reject on other refusals", async () => {
    const ari = await server();
    const made = client(ari);
    const answerWith = (status: number) => {
      ari.onRequest = () => ({ status, body: { message: "no" } });
      return made.tell("POST /channels/{channelId}/answer", { path: { channelId: "c" } });
    };
    expect(await answerWith(404)).toBeNull();
    expect(await answerWith(409)).toBeNull();
    expect(await answerWith(204)).toEqual({ value: null });
    await expect(answerWith(400)).rejects.toMatchObject({ code: "internal", faults: ["no"] });
    await expect(answerWith(503)).rejects.toMatchObject({ code: "telephony_down" });
    await expect(answerWith(401)).rejects.toMatchObject({ code: "telephony_down" });
  });

  it("take a page that says 404 for an Asterisk that is still starting, not for what has gone", async () => {
    const ari = await server();
    const made = client(ari);
    ari.onRequest = () => ({ status: 404, type: "text/html", body: "Not Found" });
    const asked = made.tell("GET /recordings/stored/{recordingName}/file", {
      path: { recordingName: "CALL-1/a" },
    });
    await expect(asked).rejects.toMatchObject({ code: "telephony_down" });
  });

  it("end at their deadline without holding up others", async () => {
    const ari = await server();
    const made = client(ari, { requestDeadlineMs: 80 });
    ari.onRequest = ({ path }) => (path.includes("blocked") ? "silence" : null);
    const ask = (channelId: string) =>
      made.tell("GET /channels/{channelId}", { path: { channelId } });
    const blocked = ask("blocked");
    await expect(ask("other")).resolves.toEqual({ value: {} });
    await expect(blocked).rejects.toMatchObject({ code: "telephony_down" });
  });

  it("reject when the client is closed meanwhile", async () => {
    const ari = await server();
    const made = client(ari);
    ari.onRequest = () => "silence";
    const pending = made.tell("GET /channels", {});
    await ari.request(({ path }) => path === "/channels");
    const rejected = expect(pending).rejects.toMatchObject({ code: "telephony_down" });
    made.close();
    await rejected;
  });

  it("change nothing before we may, and nothing at all when we may not", async () => {
    const ari = await server();
    const allowed = Promise.withResolvers<void>();
    let answer: Promise<void> | null = allowed.promise;
    const made = client(ari, { mayAct: () => answer });
    const path = { channelId: "c" };
    await made.tell("GET /channels", {});
    const hangup = made.tell("DELETE /channels/{channelId}", { path });
    await made.tell("GET /channels", {});
    expect(ari.received.some(({ method }) => method === "DELETE")).toBe(false);
    allowed.resolve();
    await hangup;
    answer = Promise.reject(new KituoError("fenced", "another has our place"));
    await expect(made.ask("POST /channels/{channelId}/answer", { path })).rejects.toMatchObject({
      code: "fenced",
    });
    expect(ari.received.some(({ method }) => method === "POST")).toBe(false);
  });

  it("reject when nobody listens", async () => {
    const made = client({ url: "http://127.0.0.1:1/ari" } as AriServer);
    await expect(made.tell("GET /channels", {})).rejects.toMatchObject({ code: "telephony_down" });
  });
});

describe("events of ARI", () => {
  it("are asked for by filter, anew on every connection", async () => {
    const ari = await server();
    let connects = 0;
    const made = client(ari, { onConnect: async () => void (connects += 1) });
    await made.start();
    expect(made.healthy).toBe(true);
    expect(ari.received.filter(isFilter)).toHaveLength(1);
    expect(ari.received.find(isFilter)?.body).toMatchObject({
      allowed: expect.arrayContaining([{ type: "StasisStart" }]),
    });
    ari.cut();
    await ari.connection(2);
    await expect.poll(() => connects).toBe(2);
    expect(ari.received.filter(isFilter)).toHaveLength(2);
  });

  it("reach the handler though an unknown one, a broken one and a failing handler came before", async () => {
    const ari = await server();
    const heard: AriEvent[] = [];
    const made = client(ari, {
      onEvent(event) {
        heard.push(event);
        if (heard.length === 1) throw new Error("a fault of ours");
      },
    });
    await made.start();
    ari.send({ type: "SomethingOfNextYear", news: true });
    ari.send("no event at all");
    ari.send(null);
    ari.send(dtmf("1"));
    ari.send(dtmf("2"));
    await expect.poll(() => heard.length).toBe(2);
    expect(heard).toMatchObject([{ digit: "1" }, { digit: "2" }]);
  });

  it("come again after a connection that went silent", async () => {
    const ari = await server({ answersPings: false });
    const made = client(ari, { pingEveryMs: 20 });
    await made.start();
    await ari.connection(3);
  });

  it("stop for good when another process took our name", async () => {
    const ari = await server();
    const replaced = Promise.withResolvers<void>();
    const made = client(ari, { onReplaced: replaced.resolve });
    await made.start();
    ari.send({ type: "ApplicationReplaced", application: "kituo-test" });
    await replaced.promise;
    expect(made.healthy).toBe(false);
  });

  it("come again when it was an earlier try of our own that took our name", async () => {
    const ari = await server();
    let refusals = 1;
    ari.onRequest = () => (refusals-- > 0 ? { status: 500 } : null);
    let replaced = 0;
    const made = client(ari, { onReplaced: () => void (replaced += 1) });
    await made.start();
    ari.send({ type: "ApplicationReplaced", application: "kituo-test" });
    await ari.connection(3);
    await expect.poll(() => made.healthy).toBe(true);
    expect(replaced).toBe(0);
  });

  it("are waited for until Asterisk lets us in", async () => {
    const ari = await server();
    let refusals = 2;
    ari.onRequest = () => (refusals-- > 0 ? { status: 500 } : null);
    await client(ari).start();
    expect(refusals).toBeLessThan(0);
  });
});

describe("health", () => {
  it("is down while /applications hangs and up when it is answered again", async () => {
    const ari = await server();
    let hangs = true;
    ari.onRequest = ({ path }) => (hangs && path === "/applications" ? "silence" : null);
    const made = client(ari, { probeEveryMs: 20, probeDeadlineMs: 20 });
    await made.start();
    await expect.poll(() => made.healthy).toBe(false);
    hangs = false;
    await expect.poll(() => made.healthy).toBe(true);
  });
});

it("waits longer before each try, at most the most", () => {
  for (const [attempt, whole] of [
    [0, 250],
    [1, 500],
    [4, 4_000],
    [5, 5_000],
    [900, 5_000],
  ] as const) {
    const pause = pauseBefore(attempt, 250, 5_000);
    expect(pause).toBeGreaterThanOrEqual(whole / 2);
    expect(pause).toBeLessThanOrEqual(whole);
  }
});

describe("a name that Asterisk has taken away", () => {
  it("is asked for again when nothing is heard under it, though pings are answered", async () => {
    const ari = await server();
    const made = client(ari, { probeEveryMs: 50 });
    await made.start();
    ari.echoes = false;
    await ari.connection(2);
    ari.echoes = true;
    await expect.poll(() => made.healthy).toBe(true);
  });

  it("is asked for again at once when Asterisk does not know it", async () => {
    const ari = await server();
    const made = client(ari, { probeEveryMs: 50 });
    await made.start();
    let isKnown = false;
    ari.onRequest = (got) => {
      if (!got.path.startsWith("/events/user/") || isKnown) return null;
      isKnown = true;
      return { status: 404 };
    };
    await ari.connection(2);
    await expect.poll(() => made.healthy).toBe(true);
  });
});
