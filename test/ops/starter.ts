/** Started by tests, to be killed: it starts what they ask for and says when that is up. */
import { readCentre } from "../../src/config.ts";
import { bringUp } from "../../src/ops/instance.ts";
import { ensureRoot } from "../../src/ops/root.ts";
import { openSandbox } from "../../src/ops/sandbox.ts";

const [what = "", word = ""] = process.argv.slice(2);

if (what === "program") {
  const sandbox = openSandbox(await ensureRoot(() => undefined));
  // Another user, a child of its own and one that left its session: none may outlive us.
  const child = "sh -c 'sleep 3600; :' $0";
  const program = sandbox.spawn("sh", ["-c", `setsid ${child} & ${child} & echo up; wait`, word], {
    user: "asterisk",
  });
  program.stdout?.once("data", () => console.log("up"));
} else {
  const centre = readCentre(new URL("../../kituo.yaml", import.meta.url).pathname);
  const instance = await bringUp({ varFolder: word, centre, otherPorts: "any" });
  console.log(JSON.stringify(instance.ports));
}
setInterval(() => undefined, 60_000);
