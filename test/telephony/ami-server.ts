import { type AddressInfo, createServer, type Socket } from "node:net";

/** An action as the server got it, its headers in order. */
export type Action = ReadonlyMap<string, string>;

/** An AMI in memory: signs everybody in and answers as told. */
export interface AmiServer {
  readonly port: number;
  /** Every block that ended with an empty line, word for word. */
  readonly blocks: readonly string[];
  /** What is answered to an action other than those of the sign-in; `null`: nothing, ever. */
  onAction: (action: Action) => string | null;
  send(text: string): void;
  cut(): void;
  stop(): Promise<void>;
}

export const block = (...lines: readonly string[]): string => `${lines.join("\r\n")}\r\n\r\n`;

export async function startAmiServer(): Promise<AmiServer> {
  const blocks: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setEncoding("utf8");
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    socket.write("Asterisk Call Manager/11.0.0\r\n");
    let text = "";
    socket.on("data", (piece: string) => {
      text += piece;
      for (let end = text.indexOf("\r\n\r\n"); end >= 0; end = text.indexOf("\r\n\r\n")) {
        const got = text.slice(0, end);
        text = text.slice(end + 4);
        blocks.push(got);
        const action = new Map(
          got.split("\r\n").map((line) => line.split(": ", 2) as [string, string]),
        );
        const id = `ActionID: ${action.get("ActionID")}`;
        const name = action.get("Action") ?? "";
        if (name === "Login") {
          socket.write(block("Response: Success", id) + block("Event: FullyBooted"));
        } else if (["Filter", "Events"].includes(name)) {
          socket.write(block("Response: Success", id));
        } else {
          const reply = self.onAction(action);
          if (reply !== null) socket.write(reply);
        }
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const self: AmiServer = {
    port: (server.address() as AddressInfo).port,
    blocks,
    onAction: (action) => block("Response: Success", `ActionID: ${action.get("ActionID")}`),
    send: (text) => {
      for (const socket of sockets) socket.write(text);
    },
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    stop: async () => {
      self.cut();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return self;
}
