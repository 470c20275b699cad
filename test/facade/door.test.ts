import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { bindDoor, type Door } from "../../src/facade/http/door.ts";

const opened: Door[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((door) => door.close()));
});

async function bound(port = 0): Promise<Door> {
  const door = await bindDoor({ host: "127.0.0.1", port });
  opened.push(door);
  return door;
}
const inside: Parameters<Door["open"]>[0] = {
  request: (request, response) => void response.end(`answered ${request.url}`),
  upgrade(_request, socket) {
    socket.on("error", () => socket.destroy());
    socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
  },
};

describe("the door of the facade", () => {
  it("lets whoever comes early wait until somebody answers", async () => {
    const door = await bound();
    const early = fetch(`http://127.0.0.1:${door.port}/health`);
    const upgrade = connect(door.port, "127.0.0.1");
    upgrade.write(
      "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    );
    await once(upgrade, "connect");
    const answered = once(upgrade, "data");
    door.open(inside);
    expect(await (await early).text()).toBe("answered /health");
    expect(String(await answered)).toContain("403");
  });

  it("is not broken by a peer who waits no longer", async () => {
    const door = await bound();
    const upgrade = connect(door.port, "127.0.0.1");
    upgrade.write(
      "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    );
    await once(upgrade, "connect");
    upgrade.resetAndDestroy();
    await once(upgrade, "close");
    door.open(inside);
    const answer = await fetch(`http://127.0.0.1:${door.port}/after`);
    expect(await answer.text()).toBe("answered /after");
  });

  it("is nobody's when another has the port", async () => {
    const { port } = await bound();
    await expect(bindDoor({ host: "127.0.0.1", port })).rejects.toMatchObject({
      code: "EADDRINUSE",
    });
  });
});
