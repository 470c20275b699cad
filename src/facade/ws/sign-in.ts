import type { RawData, WebSocket } from "ws";
import type { Clock } from "../../ports/clock.ts";
import { authMessageSchema } from "../contract/updates.ts";
import type { SignedIn, Tokens } from "../http/token.ts";

/** How long a client may take to say who it is. */
const authMs = 5_000;

interface SignInDeps {
  readonly tokens: Pick<Tokens, "read">;
  readonly clock: Clock;
}

/** The token in the first message, read; `null` when it does not come in time or is no good. */
export async function firstToken(socket: WebSocket, deps: SignInDeps): Promise<SignedIn | null> {
  const data = await new Promise<RawData | null>((resolve) => {
    const timer = setTimeout(() => resolve(null), authMs);
    const settle = (value: RawData | null): void => {
      clearTimeout(timer);
      resolve(value);
    };
    socket.once("message", (message, isBinary) => settle(isBinary ? null : message));
    socket.once("close", () => settle(null));
  });
  const token = data === null ? null : tokenIn(data);
  return token === null ? null : deps.tokens.read(token, deps.clock.now());
}

/**
 * Reads each token that a client sends later; `null` for one that is no good. Other messages are passed over, and so is
 * what comes while a token is read.
 */
export function laterTokens(
  socket: WebSocket,
  deps: SignInDeps,
  onToken: (user: SignedIn | null) => void,
  onFault: (error: unknown) => void,
): void {
  let isReading = false;
  socket.on("message", (data, isBinary) => {
    const token = isBinary || isReading ? null : tokenIn(data);
    if (token === null) return;
    isReading = true;
    deps.tokens
      .read(token, deps.clock.now())
      .then(onToken)
      .catch(onFault)
      .finally(() => {
        isReading = false;
      });
  });
}

function tokenIn(data: RawData): string | null {
  if (!Buffer.isBuffer(data)) return null;
  let raw: unknown;
  try {
    raw = JSON.parse(data.toString("utf8"));
  } catch {
    // Not JSON is not a token either.
    return null;
  }
  const message = authMessageSchema.safeParse(raw);
  return message.success ? message.data.token : null;
}
