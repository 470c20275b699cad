import { readFile, writeFile } from "node:fs/promises";
import { argv, exit, stderr, stdout } from "node:process";
import { openapiDocument } from "./openapi.ts";

/**
 * Writes `docs/openapi.json` from the route table. With `--check` nothing is written: the exit status says whether
 * the committed file is what the table gives.
 */
const target = new URL("../../../docs/openapi.json", import.meta.url);
const { version } = JSON.parse(
  await readFile(new URL("../../../package.json", import.meta.url), "utf8"),
) as { version: string };
const text = `${JSON.stringify(openapiDocument(version), null, 2)}\n`;

if (argv.includes("--check")) {
  const present = await readFile(target, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  if (present !== text) {
    stderr.write(
      "docs/openapi.json is not what the route table gives: run node src/facade/contract/generate.ts\n",
    );
    exit(1);
  }
  stdout.write("docs/openapi.json is up to date\n");
} else {
  await writeFile(target, text);
  stdout.write("docs/openapi.json written\n");
}
