import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readCentre } from "../../src/config.ts";
import { type Centre, extensions } from "../../src/domain/centre.ts";
import type { KituoError } from "../../src/domain/errors.ts";
import { parseConf, settingOf } from "../../src/ops/config/conf.ts";
import { parseDialplan, takes } from "../../src/ops/config/dialplan.ts";
import { renderAsterisk } from "../../src/ops/config/render.ts";
import { site } from "./site.ts";

const repository = join(import.meta.dirname, "../..");
const centre = readCentre(join(repository, "kituo.yaml"));

const sections = (file: string, of: Centre = centre) =>
  parseConf(renderAsterisk(of, site).get(file) ?? "");
const ofType = (type: string, of: Centre = centre) =>
  sections("pjsip.conf", of).filter(
    (section) => !section.template && settingOf(section, "type")?.value === type,
  );
const value = (file: string, section: string, name: string) =>
  sections(file)
    .filter((each) => each.name === section)
    .map((each) => settingOf(each, name)?.value)
    .find((each) => each !== undefined);

function refusal(run: () => unknown): readonly string[] {
  try {
    run();
  } catch (error) {
    return (error as KituoError).faults;
  }
  return [];
}

describe("rendered configuration", () => {
  it("is the same for the same centre and site, and is every template and no more", () => {
    const files = renderAsterisk(centre, site);
    expect([...files.keys()].sort()).toEqual(
      [...readdirSync(join(repository, "asterisk-config")), "extensions.conf"].sort(),
    );
    expect([...renderAsterisk(centre, site)]).toEqual([...files]);
    expect([...files.values()].join("")).not.toMatch(/\{\{|undefined|NaN/);
  });

  it("has the twenty extensions, each with its own secret, one phone each", () => {
    expect(ofType("endpoint").map(({ name }) => name)).toEqual(extensions);
    for (const auth of ofType("auth")) {
      expect(settingOf(auth, "username")?.value).toBe(auth.name);
      expect(settingOf(auth, "password")?.value).toBe(site.secrets.extensions[auth.name]);
    }
    for (const aor of ofType("aor")) {
      expect(settingOf(aor, "max_contacts")?.value).toBe("1");
      expect(settingOf(aor, "remove_existing")?.value).toBe("yes");
    }
    expect(ofType("transport").map((each) => settingOf(each, "protocol")?.value)).toEqual([
      "udp",
      "tcp",
      "ws",
    ]);
  });

  it("knows a trunk by its address alone and lets it into from-trunk only", () => {
    const trunks = [{ name: "simulator", host: "127.0.0.2", register: false }];
    const of = { ...centre, trunks };
    const trunk = ofType("endpoint", of).find(({ name }) => name === "trunk-simulator");
    expect(trunk && settingOf(trunk, "context")?.value).toBe("from-trunk");
    expect(trunk && settingOf(trunk, "identify_by")?.value).toBe("ip");
    expect(ofType("identify", of).map((each) => settingOf(each, "match")?.value)).toEqual([
      "127.0.0.2",
    ]);
    expect(renderAsterisk(of, site).get("modules.conf")).not.toContain("outbound_registration");
  });

  it("registers where the provider wants it, with the password of the site", () => {
    const trunks = [{ name: "at", host: "sip.example.com", username: "me", register: true }];
    const secrets = { ...site.secrets, trunks: { at: "from-the-environment" } };
    const files = renderAsterisk({ ...centre, trunks }, { ...site, secrets });
    expect(files.get("pjsip.conf")).toContain("client_uri = sip:me@sip.example.com");
    expect(files.get("pjsip.conf")).toContain("password = from-the-environment");
    expect(files.get("modules.conf")).toContain("res_pjsip_outbound_registration.so");
  });

  it("lets nothing listen in the open and nobody in who is not known", () => {
    expect(value("http.conf", "general", "bindaddr")).toBe("127.0.0.1");
    expect(value("manager.conf", "general", "bindaddr")).toBe("127.0.0.1");
    expect(value("manager.conf", "kituo", "write")?.split(",")).not.toContain("command");
    expect(value("manager.conf", "kituo", "write")?.split(",")).not.toContain("originate");
    const all = [...renderAsterisk(centre, site).values()].join("\n");
    expect(all).not.toMatch(/^load = .*(anonymous|device_state)s?\.so/m);
    expect(all).not.toMatch(/^\[anonymous\]/m);
  });

  it("raises what would drop a busy client", () => {
    expect(value("ari.conf", "general", "websocket_write_timeout")).toBe("5000");
    expect(Number(value("http.conf", "general", "sessionlimit"))).toBeGreaterThanOrEqual(500);
  });

  it("has a native queue for each department with its agents, and one with everybody", () => {
    const queues = sections("queues.conf");
    const members = (name: string) =>
      queues
        .find((queue) => queue.name === name)
        ?.settings.filter((setting) => setting.name === "member")
        .map((setting) => setting.value.split(",")[0]);
    for (const queue of centre.queues)
      expect(members(queue.name)).toEqual(
        centre.agents
          .filter((agent) => agent.queues.includes(queue.name))
          .map((agent) => `PJSIP/${agent.extension}`),
      );
    expect(members("fallback")).toHaveLength(centre.agents.length);
    expect(value("queues.conf", "support", "ringinuse")).toBe("no");
    expect(value("queues.conf", "support", "wrapuptime")).toBe("10");
  });

  it("keeps names from meaning anything to Asterisk", () => {
    const agents = centre.agents.map((agent, index) =>
      index === 0 ? { ...agent, name: 'Eve" <911>;\n[evil](!),${SHELL(x)}' } : agent,
    );
    const files = renderAsterisk({ ...centre, agents }, site);
    expect(files.get("pjsip.conf")).toContain('callerid = "Eve   911    evil');
    expect(files.get("pjsip.conf")).not.toMatch(/evil\]|SHELL\(/);
    expect(files.get("queues.conf")).not.toMatch(/evil\]|SHELL\(/);
  });

  it("refuses, all at once, a missing secret and a host that is none", () => {
    const trunks = [
      { name: "a", host: "1.2.3.4\nmatch = 0.0.0.0/0", register: false },
      { name: "b", host: "sip.example.com", username: "me", register: true },
    ];
    const { "1007": _, ...others } = site.secrets.extensions;
    const secrets = { ...site.secrets, extensions: others };
    const faults = refusal(() => renderAsterisk({ ...centre, trunks }, { ...site, secrets }));
    expect(faults).toHaveLength(3);
    expect(faults.join("\n")).toMatch(/1007[^]*is not a host[^]*no password/);
  });
});

describe("the dialplan", () => {
  const { steps } = parseDialplan(renderAsterisk(centre, site).get("extensions.conf") ?? "");
  const entrances = steps.filter(({ context }) => context.startsWith("from-"));

  it("lets every dialled string in by one pattern and leaves for kituo-entry with it", () => {
    const patterns = new Set(entrances.map(({ context, extension }) => `${context} ${extension}`));
    expect(patterns.size).toBe(2);
    for (const dialled of [
      "1002",
      "+254711000001",
      "*45",
      "s",
      "h",
      "T",
      "i",
      "#",
      "a.b",
      "9".repeat(80),
    ])
      for (const { extension } of entrances) expect(takes(extension, dialled)).toBe(true);
    for (const context of ["from-trunk", "from-extensions"]) {
      const last = entrances.findLast((step) => step.context === context);
      expect([last?.application, last?.arguments]).toEqual(["Goto", "kituo-entry,s,1"]);
    }
  });

  const stepsOf = (context: string, extension = "s") =>
    steps.filter((step) => step.context === context && step.extension === extension);
  const written = (context: string) =>
    stepsOf(context).map(({ arguments: text, application }) => `${application}(${text})`);

  it("sets the dead-man's switch before it offers the call, and goes on to the fallback when it fires", () => {
    const order = written("kituo-entry");
    const at = (part: string) => order.findIndex((step) => step.includes(part));
    expect(at("TIMEOUT(absolute)=15")).toBe(0);
    expect(at("hangup_handler_push")).toBeGreaterThan(0);
    expect(at("StasisBroadcast(700,^kituo-,")).toBeGreaterThan(at("hangup_handler_push"));
    expect(stepsOf("kituo-entry", "T")[0]?.arguments).toBe("kituo-fallback,s,1");
  });

  it("holds a caller as long as the centre says, sets the switch again for each offer, then queues her", () => {
    const order = written("kituo-fallback");
    const at = (part: string) => order.findIndex((step) => step.includes(part));
    expect(at("KITUO_HELD} >= 60]?queue")).toBeGreaterThan(0);
    const offer = at("StasisBroadcast(700,^kituo-,");
    expect(order.slice(offer - 3, offer).join()).toContain("TIMEOUT(absolute)=15");
    expect(at("Queue(")).toBeGreaterThan(offer);
    expect(at("/srv/a/spool/recording/${KITUO_MESSAGE}.wav")).toBeGreaterThan(at("Queue("));
    expect(stepsOf("kituo-fallback", "T")[0]?.arguments).toBe("s,1");
  });

  it("rings the other extension natively when there is no server", () => {
    const native = steps.filter(({ context }) => context === "kituo-native");
    for (const extension of extensions)
      expect(native.find((step) => step.extension === extension)).toMatchObject({
        application: "Dial",
        arguments: `PJSIP/${extension},30,U(kituo-answered)`,
      });
  });
});
