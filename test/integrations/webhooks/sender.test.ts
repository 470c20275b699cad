import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { isPublic } from "../../../src/integrations/webhooks/address.ts";
import { createWebhookSender } from "../../../src/integrations/webhooks/sender.ts";

interface Got {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}
let server: Server | null = null;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise<void>((resolve) =>
    server === null ? resolve() : server.close(() => resolve()),
  );
  server = null;
});

/** Somebody on this machine who answers with this status; with none: never. */
async function listener(
  status: number | null,
  location = "",
): Promise<{ url: string; got: Got[] }> {
  const got: Got[] = [];
  const listening = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => {
      body += chunk.toString("utf8");
    });
    request.on("end", () => {
      got.push({ headers: request.headers, body });
      if (status !== null) response.writeHead(status, location === "" ? {} : { location }).end("x");
    });
  });
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(listening.address() as AddressInfo).port}/hook`, got };
}

const message = {
  secret: "s3cret",
  id: "DLV-1",
  event: "call:ended",
  body: '{"name":"أمل"}',
  at: 1_767_600_000_500,
};

describe("a message for somebody outside", () => {
  it("comes as it is, signed over its time and its body", async () => {
    const { url, got } = await listener(204);
    const sender = createWebhookSender({ isAllowed: () => true });
    expect(await sender.send({ ...message, url })).toEqual({ status: 204 });
    expect(got).toHaveLength(1);
    const [{ headers, body } = { headers: {}, body: "" }] = got;
    expect(body).toBe(message.body);
    const digest = createHmac("sha256", "s3cret").update(`1767600000.${body}`).digest("hex");
    expect(headers).toMatchObject({
      "content-type": "application/json",
      "kituo-delivery": "DLV-1",
      "kituo-event": "call:ended",
      "kituo-signature": `t=1767600000,v1=${digest}`,
    });
  });

  it("is not sent on where a redirect leads", async () => {
    const { url, got } = await listener(302, "http://127.0.0.1:1/elsewhere");
    const sender = createWebhookSender({ isAllowed: () => true });
    expect(await sender.send({ ...message, url })).toEqual({ status: 302 });
    expect(got).toHaveLength(1);
  });

  it("is given up when no answer comes, and when nobody is there", async () => {
    const { url } = await listener(null);
    const sender = createWebhookSender({ isAllowed: () => true, answerWithinMs: 100 });
    expect(await sender.send({ ...message, url })).toEqual({ fault: "no answer within 0.1 s" });
    const nobody = await sender.send({ ...message, url: "http://127.0.0.1:1/" });
    expect(nobody).toEqual({ fault: expect.stringContaining("ECONNREFUSED") });
  });

  it("is never sent into a private network, however its address is written", async () => {
    const { url, got } = await listener(200);
    const { port } = new URL(url);
    const sender = createWebhookSender();
    const hosts = [
      "127.0.0.1",
      "localhost",
      "[::1]",
      "[::ffff:127.0.0.1]",
      "2130706433",
      "0x7f.1",
      "0",
    ];
    for (const host of hosts) {
      const answer = await sender.send({ ...message, url: `http://${host}:${port}/` });
      expect([host, answer]).toEqual([host, { fault: expect.stringContaining("private network") }]);
    }
    expect(got).toEqual([]);
  });
});

describe("an address", () => {
  it.each([
    "10.0.0.1",
    "172.16.5.4",
    "192.168.1.1",
    "127.0.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fd00::1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
    "ff02::1",
    "no address",
  ])("%s is not one of the public internet", (address) => {
    expect(isPublic(address)).toBe(false);
  });

  it.each(["8.8.8.8", "41.90.0.1", "2a00:1450:4001:80b::200e", "::ffff:8.8.8.8"])(
    "%s is",
    (address) => {
      expect(isPublic(address)).toBe(true);
    },
  );
});
