import { describe, expect, it } from "vitest";
import { debianMirrors } from "../../src/ops/mirror.ts";

describe("the mirrors in apt's sources", () => {
  it("are read from stanzas, past other makers' and the security updates", () => {
    const own = `Types: deb
# a comment with a: colon
URIs: http://mirror.example/debian/
Suites: bookworm bookworm-updates
Components: main contrib

Types: deb
URIs: http://security.example/debian-security
Suites: bookworm-security
Components: main
`;
    const other =
      "Types: deb\nURIs: https://packages.example/repo\nSuites: nodistro\nComponents: main\n";
    expect(
      debianMirrors([
        { name: "/etc/apt/sources.list.d/debian.sources", text: own },
        { name: "/etc/apt/sources.list.d/other.sources", text: other },
      ]),
    ).toEqual(["http://mirror.example/debian"]);
  });

  it("are read from lines, with and without options", () => {
    const text = `# deb http://old.example/debian bookworm main
deb [arch=amd64 signed-by=/usr/share/keyrings/x.gpg] https://fast.example/debian trixie main non-free # ours
deb-src http://fast.example/debian trixie main
deb http://plain.example/debian/ stable main
deb https://download.example/linux/debian bookworm stable
deb https://apt.example/pub/repos/apt bookworm-pgdg main
deb cdrom:[Debian 12]/ bookworm main
`;
    expect(debianMirrors([{ name: "/etc/apt/sources.list", text }])).toEqual([
      "https://fast.example/debian",
      "http://plain.example/debian",
    ]);
  });

  it("are none when they are switched off or stop at a day in the past", () => {
    const off =
      "Enabled: no\nTypes: deb\nURIs: http://a.example/debian\nSuites: sid\nComponents: main\n";
    const past =
      "Types: deb\nURIs: http://past.example/archive/debian/20250520T000000Z\nSuites: bookworm\nComponents: main\n";
    expect(
      debianMirrors([
        { name: "a.sources", text: off },
        { name: "b.sources", text: past },
      ]),
    ).toEqual([]);
  });
});
