import { hostname } from "node:os";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../src/config.ts";

const centre = new URL("../../kituo.yaml", import.meta.url).pathname;
const needed = {
  KITUO_CENTRE: centre,
  ARI_USER: "kituo",
  ARI_PASSWORD: "x",
  AMI_USER: "kituo",
  AMI_PASSWORD: "x",
};
const idWith = (more: Record<string, string>): string => readConfig({ ...needed, ...more }).id;

describe("the name of a server process", () => {
  it("is KITUO_ID when that is given", () => {
    expect(idWith({ KITUO_ID: "kituo-2" })).toBe("kituo-2");
    expect(() => idWith({ KITUO_ID: "Not A Name" })).toThrow(
      expect.objectContaining({ faults: ["KITUO_ID: a-z, 0-9 and - only"] }),
    );
  });

  it("is otherwise the same in every life, and another one on each port of a host", () => {
    expect(idWith({})).toBe(idWith({ KITUO_PORT: "8000" }));
    expect(idWith({ KITUO_PORT: "8001" })).not.toBe(idWith({}));
    expect(idWith({})).toMatch(/^[a-z0-9][a-z0-9-]{0,40}$/);
    expect(idWith({}).startsWith(hostname().toLowerCase().slice(0, 1))).toBe(true);
  });

  it("is nobody else's where the port is any", () => {
    expect(idWith({ KITUO_PORT: "0" })).toContain(String(process.pid));
  });
});
