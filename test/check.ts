import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ensureRoot } from "../src/ops/root.ts";

/** `npm run check`: everything that can be known of the code without running it. Each check says what to run to mend it. */
const bin = (name: string): string => `node_modules/.bin/${name}`;

/** The descriptions of ARI that come with the Asterisk of the private root. */
const root = await ensureRoot((line) => console.log(line));
const descriptions = join(root, "usr/share/asterisk/rest-api");

const checks: readonly { name: string; command: string; args: readonly string[]; mend: string }[] =
  [
    { name: "types", command: bin("tsc"), args: ["-p", "."], mend: "see the lines above" },
    {
      name: "format",
      command: bin("biome"),
      args: ["check", "--error-on-warnings", "."],
      mend: "npm run format",
    },
    {
      name: "lint",
      command: bin("oxlint"),
      args: ["--type-aware", "--deny-warnings", "src", "test"],
      mend: "see the lines above",
    },
    {
      name: "architecture",
      command: process.execPath,
      args: [
        "node_modules/vitest/vitest.mjs",
        "run",
        "--project",
        "fast",
        "test/architecture.test.ts",
        "--reporter=dot",
      ],
      mend: "the table of layers is in ARCHITECTURE.md",
    },
    {
      name: "generated ARI types",
      command: process.execPath,
      args: ["src/telephony/ari/generate.ts", "--check", descriptions],
      mend: `node src/telephony/ari/generate.ts ${descriptions}`,
    },
    {
      name: "generated OpenAPI",
      command: process.execPath,
      args: ["src/facade/contract/generate.ts", "--check"],
      mend: "node src/facade/contract/generate.ts",
    },
  ];

let faults = 0;
for (const { name, command, args, mend } of checks) {
  const from = Date.now();
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
  const seconds = ((Date.now() - from) / 1000).toFixed(1);
  if (status === 0) {
    console.log(`ok    ${name} (${seconds} s)`);
    continue;
  }
  faults += 1;
  console.log(`${stdout}${stderr}\nFAIL  ${name} (${seconds} s): ${mend}`);
}
process.exitCode = faults === 0 ? 0 : 1;
