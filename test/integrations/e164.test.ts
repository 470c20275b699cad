import { describe, expect, it } from "vitest";
import { openNumbers } from "../../src/integrations/numbers/e164.ts";

describe("numbers as people in Kenya dial them", () => {
  const e164 = openNumbers("KE");

  it.each([
    ["0722000111", "+254722000111"],
    ["+254 722 000111", "+254722000111"],
    ["254722000111", "+254722000111"],
    ["00254 722 000111", "+254722000111"],
    ["+966501234567", "+966501234567"],
  ])("%s is %s", (dialled, number) => {
    expect(e164(dialled)).toBe(number);
  });

  it.each(["1001", "1020", "", "anonymous", "12"])("%s is none", (dialled) => {
    expect(e164(dialled)).toBeNull();
  });

  it("refuses a country that is none", () => {
    expect(() => openNumbers("XX")).toThrow(/XX/);
  });
});
