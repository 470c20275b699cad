import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readCentre } from "../../src/config.ts";
import { checkConfig, weaknessOf } from "../../src/ops/config/check.ts";
import { renderAsterisk } from "../../src/ops/config/render.ts";
import { promptNames } from "../../src/ops/prompts/catalogue.ts";
import { examples, inMarkedWords, markedFaults } from "../marked.ts";
import { site } from "./site.ts";

const bad = join(import.meta.dirname, "bad");
const repository = join(import.meta.dirname, "../..");

function read(folder: string): ReadonlyMap<string, string> {
  return new Map(
    readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), "utf8")]),
  );
}

describe("kituo config check", () => {
  it.each(examples(bad))("finds what is wrong in bad/%s, and nothing else", (name) => {
    const folder = join(bad, name);
    const marked = markedFaults(folder);
    const found = checkConfig(read(folder), { prompts: new Set(["goodbye"]) });
    const told = (faults: readonly { file: string; line: number; reason: string }[]) =>
      faults.map(({ file, line, reason }) => `${file}:${line}: ${reason}`).sort();
    expect(told(inMarkedWords(found, marked))).toEqual(told(marked));
  });

  it("has nothing to say against what is rendered", async () => {
    const centre = readCentre(join(repository, "kituo.yaml"));
    const trunks = [
      { name: "simulator", host: "127.0.0.2", register: false },
      { name: "provider", host: "sip.example.com", username: "account", register: true },
    ];
    const files = renderAsterisk(
      { ...centre, trunks },
      { ...site, secrets: { ...site.secrets, trunks: { provider: "given" } } },
    );
    for (const prompts of (await promptNames(join(repository, "prompts"))).values())
      expect(checkConfig(files, { prompts })).toEqual([]);
  });

  it("would find each module that the list forgets", () => {
    const trunks = [{ name: "simulator", host: "127.0.0.2", register: false }];
    const files = renderAsterisk({ ...readCentre(join(repository, "kituo.yaml")), trunks }, site);
    const modules = files.get("modules.conf") ?? "";
    for (const module of [
      "app_queue",
      "res_pjsip_endpoint_identifier_ip",
      "res_pjsip_endpoint_identifier_user",
      "func_timeout",
      "res_ari",
    ]) {
      const without = modules.replace(`load = ${module}.so\n`, "");
      const faults = checkConfig(new Map([...files, ["modules.conf", without]]));
      expect(faults.map(({ reason }) => reason).join("\n")).toContain(`needs module ${module},`);
    }
  });
});

describe("a secret", () => {
  it.each([
    ["", "1001", "0 characters"],
    ["1001", "1001", "4 characters"],
    ["ababababababababababab", "1001", "few different"],
    ["Kituo-9f3kZq8w2m", "kituo", "user's name"],
  ])("%j of %s is weak: %s", (secret, user, why) => {
    expect(weaknessOf(secret, user)).toContain(why);
  });

  it("of 24 mixed characters is fine", () => {
    expect(weaknessOf("x7Kq2mWv9RtZb4NcLp8Hs3Yd", "1001")).toBeNull();
  });
});
