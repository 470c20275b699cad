import { asChannelId, asQueueName, type ChannelId } from "../../domain/ids.ts";
import type { Log } from "../../ports/log.ts";
import type { NativeCall } from "../../ports/telephony.ts";
import type { AmiClient } from "../ami/client.ts";
import { type AmiMessage, valueOf } from "../ami/message.ts";
import type { AriClient } from "./client.ts";
import { cleanName, cleanNumber, entryFrom } from "./entry.ts";

/** The family of Asterisk's database in which `kituo-end` of the dialplan keeps what no server has seen. */
const family = "kituo-native";
/** The user event with which it tells of that, and the global variable that tells it that a server lives. */
export const nativeEvent = "KituoNative";
const aliveVariable = "KITUO_ALIVE";

/**
 * What the dialplan has kept, oldest end first. It is read over AMI: one request for all, of any length, while a
 * function read over ARI is cut at 4 KiB. A row that makes no sense is told in the log and left out.
 */
export async function nativeCalls(
  ami: Pick<AmiClient, "list">,
  log: Log,
): Promise<readonly NativeCall[]> {
  const rows = await ami.list("DBGetTree", { Family: family });
  return rows
    .flatMap((row) => {
      const call = callFrom(row);
      if (call === null) log.error({ key: valueOf(row, "key") }, "native call: not understood");
      return call === null ? [] : [call];
    })
    .toSorted((left, right) => left.endedAt - right.endedAt);
}

/** Forgets what was kept of a channel; that nothing was is as good. */
export async function forgetNative(
  ami: Pick<AmiClient, "act" | "list">,
  channel: ChannelId,
): Promise<void> {
  const kept = await ami.list("DBGetTree", { Family: family, Key: channel });
  // Asterisk answers with all that lies below a key, and refuses to remove what is not there.
  if (kept.some((row) => channelOf(row) === channel)) {
    await ami.act("DBDel", { Family: family, Key: channel });
  }
}

/**
 * Tells the dialplan that a server lives: it offers the callers whom it holds, and need not keep the ends of calls.
 * Asterisk's own clock is read first, so that it does not matter how ours goes.
 */
export async function tellAlive(ari: Pick<AriClient, "tell">): Promise<void> {
  const pong = await ari.tell("GET /asterisk/ping", {});
  if (pong === null) return;
  const now = Date.parse(pong.value.timestamp);
  const query = { variable: aliveVariable, value: String(now) };
  await ari.tell("POST /asterisk/variable", { query });
}

/** When a server last said so; `null` when none has, or the last has taken it back. */
export async function lastAlive(ari: Pick<AriClient, "tell">): Promise<number | null> {
  const kept = await ari.tell("GET /asterisk/variable", { query: { variable: aliveVariable } });
  return Number(kept?.value.value) || null;
}

/** Takes that back at once, when a server leaves in order; others say again that they live. */
export async function tellSilent(ari: Pick<AriClient, "tell">): Promise<void> {
  await ari.tell("POST /asterisk/variable", { query: { variable: aliveVariable, value: "0" } });
}

function channelOf(row: AmiMessage): string {
  return valueOf(row, "key").slice(`/${family}/`.length);
}

/** One row, `name=value&name=value`, values encoded as in a URL; bytes that are no UTF-8 become question marks. */
function callFrom(row: AmiMessage): NativeCall | null {
  const channel = channelOf(row);
  const fields = new URLSearchParams(valueOf(row, "val"));
  const text = (name: string) => fields.get(name) ?? "";
  const moment = (name: string) => (/^\d{13}$/.test(text(name)) ? Number(text(name)) : null);
  const endedAt = moment("ended");
  if (channel === "" || endedAt === null) return null;
  // The dialplan sees no phone that we ring arrive.
  const arrivedAt = moment("arrived") ?? endedAt;
  const connectedAt = moment("connected");
  return {
    channel: asChannelId(channel),
    entry: entryFrom(text("entry").split(":")),
    callerNumber: cleanNumber(text("number")),
    callerName: cleanName(text("name")),
    arrivedAt,
    endedAt,
    takenAt: moment("taken"),
    queuedAt: moment("queued"),
    queue: text("queue") === "" ? null : asQueueName(text("queue")),
    answeredBy: connectedAt === null || text("agent") === "" ? null : text("agent"),
    connectedAt,
    message: text("message") === "" ? null : text("message"),
  };
}
