import { Command } from "commander";
import { fail } from "./commands/fail.ts";

/** One command of the table: its module is only loaded when it is asked for, so that starting stays quick. */
interface Entry {
  readonly name: string;
  readonly summary: string;
  /** Not shown in the help: for this repository's own scripts. */
  readonly internal?: boolean;
  load(): Promise<Command>;
}

const table: readonly Entry[] = [
  {
    name: "demo",
    summary: "everything, with simulated callers and agents, and a live board in the terminal",
    load: async () => (await import("./commands/demo.ts")).demo(),
  },
  {
    name: "up",
    summary: "set up what is missing; start Redis, Asterisk and the server",
    load: async () => (await import("./commands/up.ts")).up(),
  },
  {
    name: "down",
    summary: "end what `up` started",
    load: async () => (await import("./commands/down.ts")).down(),
  },
  {
    name: "status",
    summary: "what is up: addresses, ports, process ids, where the secrets are",
    load: async () => (await import("./commands/status.ts")).status(),
  },
  {
    name: "drain",
    summary: "let a server end: no new calls, those it has go on, then it stops",
    load: async () => (await import("./commands/drain.ts")).drain(),
  },
  {
    name: "explain",
    summary: "why a call went to whom, or waits: every agent it was offered to, and the reasons",
    load: async () => (await import("./commands/explain.ts")).explain(),
  },
  {
    name: "extensions",
    summary: "the phones: user, password, host and port of each",
    load: async () => (await import("./commands/extensions.ts")).extensions(),
  },
  {
    name: "agents",
    summary: "sign agents in and out, or give them a break",
    load: async () => (await import("./commands/agents.ts")).agents(),
  },
  {
    name: "users",
    summary: "who may sign in to the pages and the API",
    load: async () => (await import("./commands/users.ts")).users(),
  },
  {
    name: "logs",
    summary: "what the server, Asterisk and Redis have written",
    load: async () => (await import("./commands/logs.ts")).logs(),
  },
  {
    name: "config",
    summary: "render and check Asterisk's configuration",
    load: async () => (await import("./commands/config.ts")).config(),
  },
  {
    name: "hours",
    summary: "whether a queue takes calls at a moment, and until when",
    load: async () => (await import("./commands/hours.ts")).hours(),
  },
  {
    name: "simulate",
    summary: "how many agents the calls that are expected need",
    load: async () => (await import("./commands/simulate.ts")).simulate(),
  },
  {
    name: "menus",
    summary: "check the menus that callers walk",
    load: async () => (await import("./commands/menus.ts")).menus(),
  },
  {
    name: "prompts",
    summary: "check and build what callers hear",
    load: async () => (await import("./commands/prompts.ts")).prompts(),
  },
  {
    name: "secrets",
    summary: "the secrets as single files, for containers",
    internal: true,
    load: async () => (await import("./commands/secrets.ts")).secrets(),
  },
  {
    name: "build",
    summary: "the server in a few files, which start sooner than its sources",
    load: async () => (await import("./commands/build.ts")).build(),
  },
  {
    name: "start",
    summary: "the server alone, against what the environment names",
    load: async () => (await import("./commands/start.ts")).start(),
  },
  {
    name: "run",
    summary: "run a TypeScript file of this repository",
    internal: true,
    load: async () => (await import("./commands/run.ts")).run(),
  },
];

/** Runs the command that these arguments name; without one, prints what there is. */
export async function main(args: readonly string[]): Promise<void> {
  const program = new Command("kituo")
    .description("A contact-centre server for Asterisk.")
    .enablePositionalOptions()
    .helpCommand(false)
    .showHelpAfterError("(kituo --help shows what there is)");
  const named = table.find((entry) => entry.name === args[0]);
  if (named !== undefined) program.addCommand(await named.load());
  else
    for (const { name, summary, internal } of table)
      program.command(name, { hidden: internal === true }).description(summary);
  if (args.length === 0) program.outputHelp();
  else await program.parseAsync(args, { from: "user" });
}

await main(process.argv.slice(2)).catch(fail);
