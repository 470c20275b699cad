import { appendFileSync, mkdirSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { readCentre } from "../../config.ts";
import type { Centre } from "../../domain/centre.ts";
import { KituoError } from "../../domain/errors.ts";
import { adminApi } from "../commands/current.ts";
import { home, opsEnvironment } from "../environment.ts";
import { bringUp, type Instance } from "../instance.ts";
import { lastLines, type Part } from "../part.ts";
import { readState } from "../state.ts";
import { apply, type BoardState, emptyBoard } from "./board.ts";
import { gatherCrowd } from "./crowd.ts";
import { followUpdates } from "./feed.ts";
import { openScreen } from "./screen.ts";
import { seatTeam, signIn, signOut } from "./team.ts";
import { boardLines, type Heading, statusLine, summaryLines } from "./view.ts";
import type { EndWish } from "./wish.ts";

export interface DemoOptions {
  readonly varFolder: string;
  readonly agents: number;
  readonly callsPerMinute: number;
  readonly ports: "usual" | "any";
  /** Ends by itself after so long. */
  readonly lastsMs: number | null;
  readonly colour: boolean;
  /** Whether a board can be drawn on the terminal. */
  readonly canDraw: boolean;
}

const frameMs = 250;
const statusEveryMs = 5_000;
/** How long callers and the server get to end the calls that are up, before all of it is ended. */
const goodbyeMs = 1_500;
/** In a demo nobody should wait a quarter of an hour before she may leave a message. */
const mostPatience = 45_000;

/** Brings all up, lets people call, shows it, and ends all of it when it should. Settles when nothing is left. */
export async function runDemo(
  options: DemoOptions,
  wish: EndWish,
  onStarted: () => void,
): Promise<void> {
  const { varFolder } = options;
  refuseSecond(varFolder);
  const note = await openNotes(varFolder);
  const centre = demoCentre(readCentre(opsEnvironment().centreFile));
  const agents = centre.agents.slice(0, options.agents);
  let board = emptyBoard;
  let summary: readonly string[] = [];
  let broken: Part | null = null;
  {
    await using ends = new AsyncDisposableStack();
    const instance = await bringUp({
      varFolder,
      centre,
      simulator: true,
      otherPorts: options.ports,
      report: (line) => console.error(line),
    });
    ends.defer(() => instance.stop());
    onStarted();
    const site = {
      sandbox: instance.sandbox,
      sipAddress: instance.site.sipAddress,
      sipPort: instance.ports.sip,
    };
    const [team] = await Promise.all([
      seatTeam(site, agents, instance.secrets.site.extensions, note),
      instance.startServer(),
    ]);
    ends.defer(() => team.stop());
    const ask = await adminApi(stateOf(varFolder));
    await signIn(ask, agents);
    ends.defer(() => within(signOut(ask, agents), "the agents could not be signed out", note));

    const quiet = Promise.withResolvers<void>();
    let leaving = false;
    const admin = adminOf(instance);
    const feed = followUpdates({
      url: instance.url,
      ...admin,
      onUpdate: (update) => {
        board = apply(board, update);
        if (leaving && board.calls.size === 0) quiet.resolve();
      },
      onConnected: (connected) => {
        board = { ...board, connected };
      },
      note,
    });
    ends.defer(() => feed.stop());
    const startedAt = Date.now();
    const crowd = gatherCrowd(site, {
      callsPerMinute: options.callsPerMinute,
      random: Math.random,
      note,
    });
    ends.defer(async () => {
      leaving = true;
      if (board.calls.size === 0) quiet.resolve();
      await crowd.stop(goodbyeMs);
      await within(quiet.promise, "not every call has ended", note);
      for (const { value: call } of board.calls.values())
        note(`${call.call_id} was still up at the end: ${call.status}`);
    });
    console.error(`Up in ${(performance.now() / 1000).toFixed(1)} s: ${instance.url}`);
    const show = options.canDraw ? showBoard : showStatus;
    const hide = show({
      colour: options.colour,
      board: () => board,
      heading: () => ({
        url: instance.url,
        ...admin,
        sip: `${site.sipAddress}:${site.sipPort}`,
        extensionsCommand: kituoCommand(varFolder, "extensions --secrets"),
        startedAt,
        callsPerMinute: crowd.callsPerMinute(),
        notice: null,
      }),
      onKey: (key) => {
        if (key === "+" || key === "=") crowd.change(1.5);
        else if (key === "-") crowd.change(1 / 1.5);
        else if (key === "\x03" || key === "q") wish.tell();
      },
    });
    try {
      const over = new AbortController();
      const lasted =
        options.lastsMs === null
          ? []
          : [pause(options.lastsMs, null, { signal: over.signal }).catch(() => null)];
      broken = (await Promise.race([wish.first, instance.broken, ...lasted])) ?? null;
      over.abort();
    } finally {
      hide();
    }
    // Before everybody is made to hang up.
    summary = summaryLines(board, Date.now() - startedAt);
    console.error("Ending all of it; once more Ctrl-C ends it at once.");
  }
  console.log(summary.join("\n"));
  if (broken !== null)
    throw new KituoError(
      "internal",
      `${broken.name} ended by itself; everything else was ended too.`,
      lastLines(broken.log),
    );
}

interface Showing {
  readonly colour: boolean;
  readonly board: () => BoardState;
  readonly heading: () => Heading;
  readonly onKey: (key: string) => void;
}

/** Draws the board until the returned function is called. */
function showBoard({ colour, board, heading, onKey }: Showing): () => void {
  const screen = openScreen(process.stdout, process.stdin, colour, onKey);
  const draw = (): void => screen.draw(boardLines(board(), heading(), screen.size(), Date.now()));
  const frames = setInterval(draw, frameMs);
  draw();
  return () => {
    clearInterval(frames);
    screen.close();
  };
}

/** Prints where everything is, then one line every few seconds. */
function showStatus({ board, heading }: Showing): () => void {
  const { url, username, password, sip, extensionsCommand } = heading();
  console.log(`Dashboard  ${url}   sign in  ${username} ${password}`);
  console.log(`Phones     ${sip}   ${extensionsCommand}`);
  console.log("End it     Ctrl-C");
  const lines = setInterval(() => console.log(statusLine(board(), Date.now())), statusEveryMs);
  return () => clearInterval(lines);
}

function refuseSecond(varFolder: string): void {
  const already = readState(varFolder);
  if (already === null) return;
  throw new KituoError("conflict", `Kituo is already up in ${varFolder}, at ${already.url}.`, [
    `${kituoCommand(varFolder, "down")} ends it;`,
    "npm run demo -- --var FOLDER runs a demo beside it, in a folder of its own.",
  ]);
}

/** How somebody gives a command to the instance in this folder. */
function kituoCommand(varFolder: string, command: string): string {
  const where = varFolder === join(home, "var") ? "" : `KITUO_VAR=${varFolder} `;
  return `${where}npm run kituo -- ${command}`;
}

function demoCentre(centre: Centre): Centre {
  const queues = centre.queues.map((queue) => ({
    ...queue,
    maxWaitMs: Math.min(queue.maxWaitMs, mostPatience),
  }));
  return { ...centre, queues };
}

/** Where the phones' troubles are told, which are no news for the screen. */
async function openNotes(varFolder: string): Promise<(line: string) => void> {
  const folder = join(varFolder, "tmp");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  // Phones keep their files in the folder for such things; what a killed demo left there is gone with the next one.
  process.env["TMPDIR"] = folder;
  mkdirSync(join(varFolder, "log"), { recursive: true });
  return (line) =>
    appendFileSync(join(varFolder, "log/demo.log"), `${new Date().toISOString()} ${line}\n`);
}

function stateOf(varFolder: string) {
  const state = readState(varFolder);
  if (state === null)
    throw new KituoError("internal", `The note of what is up is not in ${varFolder}.`);
  return state;
}

function adminOf({ secrets }: Instance): { username: string; password: string } {
  const admin = secrets.users.find((user) => user.role === "admin");
  if (admin === undefined)
    throw new KituoError("config_invalid", "The secrets name no user who is admin.");
  return admin;
}

/** Something at the end that is worth a moment and no more. */
async function within(
  done: Promise<unknown>,
  otherwise: string,
  note: (line: string) => void,
): Promise<void> {
  const over = new AbortController();
  const late = pause(goodbyeMs, true, { signal: over.signal }).catch(() => false);
  try {
    if ((await Promise.race([done.then(() => false), late])) === true) note(otherwise);
  } catch (error) {
    note(`${otherwise}: ${String(error)}`);
  } finally {
    over.abort();
  }
}
