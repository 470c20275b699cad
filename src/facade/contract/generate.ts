import { readFile, writeFile } from "node:fs/promises";
import { argv, exit, stderr, stdout } from "node:process";
import { asyncapiDocument } from "./asyncapi.ts";
import { openapiDocument } from "./openapi.ts";

/**
 * Writes `docs/openapi.json` and `docs/asyncapi.json` from the route table and the schemas. With `--check` nothing is
 * written: the exit status says whether the committed files are what those give.
 */
const root = new URL("../../../", import.meta.url);
const { version } = JSON.parse(await readFile(new URL("package.json", root), "utf8")) as {
  version: string;
};
const documents = {
  "docs/openapi.json": openapiDocument(version),
  "docs/asyncapi.json": asyncapiDocument(version),
};

for (const [name, document] of Object.entries(documents)) {
  const target = new URL(name, root);
  const text = `${JSON.stringify(document, null, 2)}\n`;
  if (!argv.includes("--check")) {
    await writeFile(target, text);
    stdout.write(`${name} written\n`);
    continue;
  }
  const present = await readFile(target, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  if (present !== text) {
    stderr.write(
      `${name} is not what the contract gives: run node src/facade/contract/generate.ts\n`,
    );
    exit(1);
  }
  stdout.write(`${name} is up to date\n`);
}
