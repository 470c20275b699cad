import { describe, expect, it } from "vitest";
import { readConfig } from "../../src/config.ts";

const needed = { ARI_USER: "u", ARI_PASSWORD: "p", AMI_USER: "u", AMI_PASSWORD: "p" };

describe("KITUO_ORIGINS", () => {
  it("is a list of origins; none when nothing is said", () => {
    expect(readConfig(needed).origins).toEqual([]);
    const two = "https://crm.example.com, http://board.example.com:8080,";
    expect(readConfig({ ...needed, KITUO_ORIGINS: two }).origins).toEqual([
      "https://crm.example.com",
      "http://board.example.com:8080",
    ]);
  });

  it.each(["*", "crm.example.com", "https://crm.example.com/", "https://CRM.example.com", "null"])(
    "cannot be %s",
    (text) => {
      const read = () =>
        readConfig({ ...needed, KITUO_ORIGINS: `https://good.example.com,${text}` });
      expect(read).toThrow(
        expect.objectContaining({
          code: "config_invalid",
          faults: [expect.stringContaining("KITUO_ORIGINS.1: must be an origin")],
        }),
      );
    },
  );
});
