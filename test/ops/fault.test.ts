import { describe, expect, it } from "vitest";
import type { KituoError } from "../../src/domain/errors.ts";
import {
  asteriskFault,
  buildFault,
  explainBuild,
  isDebian,
  type Machine,
  mirrorFault,
  portFault,
  sandboxFault,
} from "../../src/ops/fault.ts";

const debian = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n';
const machine: Machine = {
  platform: "linux",
  arch: "x64",
  uid: 0,
  osRelease: debian,
  freeBytes: 5e9,
  neededBytes: 1e9,
  cacheFolder: "/root/.cache/kituo",
};

/** Each message says what, then what to do, then the other way. */
function said(fault: KituoError | undefined): string {
  expect(fault?.code).toBe("config_invalid");
  expect(fault?.faults).toHaveLength(2);
  expect(fault?.faults[1]).toContain("docker compose up");
  for (const line of [fault?.message ?? "", ...(fault?.faults ?? [])]) {
    expect(line).not.toBe("");
    expect(line).not.toContain("\n");
  }
  return [fault?.message, fault?.faults[0]].join(" ");
}

describe("what a machine lacks", () => {
  it("is nothing on a Debian machine with root and room", () => {
    expect(sandboxFault(machine)).toBeUndefined();
    expect(buildFault(machine)).toBeUndefined();
  });

  it("is told of when it is not Linux, not root, not Debian, or full", () => {
    expect(said(buildFault({ ...machine, platform: "darwin" }))).toContain("darwin");
    expect(said(buildFault({ ...machine, uid: 1000 }))).toMatch(/root.*KITUO_ASTERISK/s);
    expect(said(buildFault({ ...machine, osRelease: "ID=fedora\nID_LIKE=rhel\n" }))).toContain(
      "not Debian",
    );
    expect(said(buildFault({ ...machine, osRelease: "" }))).toContain("not Debian");
    const full = said(buildFault({ ...machine, freeBytes: 312e6 }));
    expect(full).toContain("312 MB are free under /root/.cache/kituo, 1000 MB are needed");
    expect(full).toContain("XDG_CACHE_HOME");
  });

  it("knows systems made from Debian", () => {
    expect(isDebian(debian)).toBe(true);
    expect(isDebian("ID=ubuntu\nID_LIKE=debian\n")).toBe(true);
    expect(isDebian('ID=linuxmint\nID_LIKE="ubuntu debian"\n')).toBe(true);
    expect(isDebian("ID=arch\nHOME=debian\n")).toBe(false);
  });

  it("is told of when ports are taken or an Asterisk is too old", () => {
    expect(said(portFault("sip", 5060, "0.0.0.0"))).toMatch(/Port 5060 on 0\.0\.0\.0.*sip.*taken/);
    expect(said(asteriskFault("/opt/asterisk", "20.5.0", "22.10.0"))).toContain(
      "is Asterisk 20.5.0; Kituo needs 22.10.0",
    );
    expect(said(asteriskFault("/bin/true", "", "22.10.0"))).toContain("not an Asterisk");
    expect(said(mirrorFault(["http://a/debian", "http://b/debian"], ""))).toContain(
      "tried http://a/debian, http://b/debian",
    );
    expect(said(mirrorFault([], ""))).toContain("name no Debian mirror");
  });
});

describe("why a build failed", () => {
  const log = "/root/.cache/kituo/root-1.log";
  it.each([
    ["E: write error: No space left on device", /disk ran full/],
    ["Err:1 http://x forky InRelease\n  Could not resolve 'x'", /network failed/],
    ["E: Failed to fetch http://x/a.deb  Connection timed out", /network failed/],
    ["W: GPG error: NO_PUBKEY 0123456789ABCDEF", /debian-archive-keyring/],
    ["E: Unable to locate package baresip-core", /lacks a package/],
    ["E: mknod: Operation not permitted", /does not let root mount/],
  ])("is read from %j", (output, expected) => {
    expect(said(explainBuild(output, log))).toMatch(expected);
  });

  it("is the last error that was printed when it is none of these", () => {
    const text = said(
      explainBuild("I: running\nE: first\nE: setup failed: E: odd\nI: cleanup", log),
    );
    expect(text).toContain("setup failed: E: odd");
    expect(text).toContain(log);
  });
});
