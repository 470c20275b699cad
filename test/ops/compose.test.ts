import { readFileSync } from "node:fs";
import { load } from "js-yaml";
import { describe, expect, it } from "vitest";

interface Service {
  readonly build?: unknown;
  readonly image?: string;
  readonly depends_on?: Record<string, { condition: string }>;
  readonly healthcheck?: unknown;
  readonly ports?: readonly string[];
  readonly environment?: Record<string, string>;
  readonly volumes?: readonly string[];
  readonly restart?: string;
  readonly stop_grace_period?: string;
}

const file = (name: string): string =>
  readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
const text = file("docker-compose.yml");
const compose = load(text) as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
};

describe("docker compose", () => {
  it("has Asterisk, Redis, MongoDB and Kituo, each waiting for what it needs to be healthy", () => {
    expect(Object.keys(compose.services).sort()).toEqual([
      "asterisk",
      "kituo",
      "mongo",
      "redis",
      "setup",
    ]);
    const { kituo, ...others } = compose.services;
    expect(kituo?.healthcheck).toBeDefined();
    for (const name of ["asterisk", "redis", "mongo"]) {
      expect(kituo?.depends_on?.[name]?.condition).toBe("service_healthy");
      expect(others[name]?.depends_on?.["setup"]?.condition).toBe("service_completed_successfully");
    }
    for (const name of ["redis", "mongo"]) expect(others[name]?.healthcheck).toBeDefined();
    expect(file("docker/asterisk.Dockerfile")).toContain("HEALTHCHECK");
  });

  it("starts again what dies, with time to end in order and one name for all lives of the server", () => {
    const { setup: _once, ...lasting } = compose.services;
    for (const [name, service] of Object.entries(lasting))
      expect([name, service.restart]).toEqual([name, "unless-stopped"]);
    expect(compose.services["kituo"]?.stop_grace_period).toMatch(/^\d+s$/);
    // A name out of the container's own host or process id would make each life a stranger to the one before.
    expect(compose.services["kituo"]?.environment?.["KITUO_ID"]).toMatch(
      /^\$\{KITUO_ID:-[a-z0-9-]+\}$/,
    );
  });

  it("keeps what must outlive a container in volumes that it declares", () => {
    const used = Object.values(compose.services)
      .flatMap((service) => service.volumes ?? [])
      .map((volume) => volume.split(":")[0] ?? "")
      .filter((name) => !name.startsWith("."));
    expect(new Set(used)).toEqual(new Set(Object.keys(compose.volumes)));
  });

  it("holds no password, and shows nothing but the server and SIP beyond this machine", () => {
    for (const [name, { environment = {}, ports = [] }] of Object.entries(compose.services)) {
      for (const [key, value] of Object.entries(environment))
        if (/PASSWORD|SECRET|_URL$/.test(key.replace(/_FILE$/, "")) && key !== "ARI_URL")
          expect([name, key, String(value)]).toEqual([
            name,
            expect.stringMatching(/_FILE$|^KITUO_SECRETS$/),
            expect.stringMatching(/^\//),
          ]);
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
    }
  });

  it("runs the server as a user of its own, and the same Asterisk as the private root", () => {
    expect(file("Dockerfile")).toMatch(/^USER node$/m);
    const image = file("docker/asterisk.Dockerfile");
    expect(image).toMatch(/^FROM debian:forky-slim$/m);
    expect(image).toMatch(/^USER asterisk$/m);
  });
});
