import { describe, expect, it } from "vitest";
import { readConfig } from "../../src/config.ts";

const centre = new URL("../../kituo.yaml", import.meta.url).pathname;
const accessWith = (environment: NodeJS.ProcessEnv) =>
  readConfig({
    KITUO_CENTRE: centre,
    ARI_USER: "a",
    ARI_PASSWORD: "b",
    AMI_USER: "c",
    AMI_PASSWORD: "d",
    ...environment,
  }).access;

describe("how people get in", () => {
  it("is twelve hours for a token and no registration, unless told otherwise", () => {
    expect(accessWith({})).toEqual({ tokenMs: 12 * 3_600_000, inviteCode: null });
    const inviteCode = "karibu-kwenye-kituo";
    const told = accessWith({ KITUO_TOKEN_MINUTES: "15", KITUO_INVITE_CODE: inviteCode });
    expect(told).toEqual({ tokenMs: 15 * 60_000, inviteCode });
  });

  it("is refused when a token would outlive its session, or the code could be guessed", () => {
    const wrong = { KITUO_TOKEN_MINUTES: "10081", KITUO_INVITE_CODE: "karibu" };
    expect(() => accessWith(wrong)).toThrow(
      expect.objectContaining({
        faults: [
          expect.stringMatching(/^KITUO_TOKEN_MINUTES: /),
          "KITUO_INVITE_CODE: at least 16 characters",
        ],
      }),
    );
  });
});
