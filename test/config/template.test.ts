import { describe, expect, it } from "vitest";
import type { KituoError } from "../../src/domain/errors.ts";
import { fillTemplate, type TemplateValues } from "../../src/ops/config/template.ts";

function faultsOf(text: string, values: TemplateValues): readonly string[] {
  try {
    fillTemplate("some.conf", text, values);
  } catch (error) {
    return (error as KituoError).faults;
  }
  return [];
}

describe("a template", () => {
  it("is filled, lists within lists too, and outer values are seen inside", () => {
    const text = [
      "[{{site}}]",
      "{{#each queues}}",
      "queue {{queue}} at {{site}}",
      "  {{#each members}}",
      "member {{member}} of {{queue}}",
      "  {{/each}}",
      "{{/each}}",
      "end",
    ].join("\n");
    const queues = [
      { queue: "sales", members: [{ member: 1001 }, { member: 1002 }] },
      { queue: "billing", members: [] },
    ];
    expect(fillTemplate("some.conf", text, { site: "a", queues }).split("\n")).toEqual([
      "[a]",
      "queue sales at a",
      "member 1001 of sales",
      "member 1002 of sales",
      "queue billing at a",
      "end",
    ]);
  });

  it("leaves Asterisk's own variables alone", () => {
    expect(fillTemplate("some.conf", "${EXTEN:0:64} $[1+1] {x}", {})).toBe(
      "${EXTEN:0:64} $[1+1] {x}",
    );
  });

  it("tells every placeholder that has no value, and every value that has no placeholder", () => {
    expect(faultsOf("a\n{{b}}\n{{c}}\n", { d: 1, e: [{ f: 2 }] })).toEqual([
      "some.conf:2: {{b}} is not known here",
      "some.conf:3: {{c}} is not known here",
      'some.conf: the value "d" is given but the template never uses it',
      'some.conf: the value "e" is given but the template never uses it',
    ]);
  });

  it("tells a list used as a word and a word used as a list", () => {
    expect(faultsOf("{{a}}", { a: [] })).toContain("some.conf:1: {{a}} is not known here");
    expect(faultsOf("{{#each a}}\n{{/each}}", { a: "x" })).toContain(
      "some.conf:1: {{#each a}} is not a list known here",
    );
  });

  it.each(["{{#each a}}\nx", "x\n{{/each}}"])("refuses blocks that do not close: %j", (text) => {
    expect(faultsOf(text, { a: [] })).toHaveLength(1);
  });

  it.each(["x\nallow=all", "x;y", "x\r", "x\0"])("lets no value out of its line: %j", (value) => {
    expect(faultsOf("a = {{value}}", { value })).toEqual([
      "some.conf:1: the value of {{value}} holds a line end or a semicolon",
    ]);
  });
});
