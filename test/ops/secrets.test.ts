import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { centreSchema } from "../../src/domain/centre.ts";
import { ensureSecrets, newSecret, readSecrets, secretsFile } from "../../src/ops/secrets.ts";

const centre = centreSchema.parse({
  queues: [{ name: "support", title: "Support" }],
  agents: [{ id: "AGT-001", name: "Amina", extension: "1001", queues: ["support"] }],
  trunks: [
    { name: "provider", host: "sip.example", username: "us", passwordFrom: "TRUNK_PASSWORD" },
  ],
});
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kituo-secrets-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe("an instance's secrets", () => {
  it("are made once, all different, for their owner's eyes only", async () => {
    const varFolder = join(folder, "once");
    const first = await ensureSecrets(varFolder, centre, { TRUNK_PASSWORD: "theirs" });
    const text = readFileSync(secretsFile(varFolder), "utf8");
    expect(statSync(secretsFile(varFolder)).mode & 0o777).toBe(0o600);
    expect(await ensureSecrets(varFolder, centre, { TRUNK_PASSWORD: "theirs" })).toEqual(first);
    expect(readFileSync(secretsFile(varFolder), "utf8")).toBe(text);

    const { site } = first;
    const words = [
      site.ariPassword,
      site.amiPassword,
      first.redisPassword,
      first.tokenSecret,
      ...Object.values(site.extensions),
      ...first.users.map((user) => user.password),
    ];
    expect(Object.keys(site.extensions)).toHaveLength(20);
    expect(new Set(words).size).toBe(words.length);
    for (const word of words) expect(word).toMatch(/^[A-Za-z0-9]{24,}$/);
    expect(site.trunks).toEqual({ provider: "theirs" });
    expect(first.users.map(({ username, role, agent }) => [username, role, agent])).toEqual([
      ["admin", "admin", null],
      ["supervisor", "supervisor", null],
      ["agt-001", "agent", "AGT-001"],
    ]);
  });

  it("grow with the centre and keep what was there", async () => {
    const varFolder = join(folder, "grow");
    const first = await ensureSecrets(varFolder, centre, {});
    const more = structuredClone(centre);
    more.agents.push({
      id: "AGT-002",
      name: "Brian",
      extension: "1002",
      queues: ["support"],
      skills: {},
      speaks: {},
      share: 1,
    });
    const second = await ensureSecrets(varFolder, more, {});
    expect(second.users.slice(0, -1)).toEqual(first.users);
    expect(second.users.at(-1)?.agent).toBe("AGT-002");
    expect(second.site).toEqual(first.site);
  });

  it("are refused, not replaced, when the file is damaged", async () => {
    const varFolder = join(folder, "damaged");
    await ensureSecrets(varFolder, centre, {});
    writeFileSync(secretsFile(varFolder), '{"site": {"ariPassword": "short"}');
    await expect(ensureSecrets(varFolder, centre, {})).rejects.toThrow("is not a secrets file");
    expect(await readSecrets(join(folder, "nowhere.json"))).toBeNull();
  });

  it("use every letter about as often as the others", () => {
    const counts = new Map<string, number>();
    for (const letter of newSecret(62_000)) counts.set(letter, (counts.get(letter) ?? 0) + 1);
    expect(counts.size).toBe(62);
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(250);
  });
});
