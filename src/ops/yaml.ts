import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import type { Finding } from "./finding.ts";

/** A YAML file that was read: what it holds, and on which line each part stands. */
export interface YamlFile<T> {
  /** `null` when it has faults. */
  readonly value: T | null;
  readonly faults: readonly Finding[];
  lineOf(path: readonly PropertyKey[]): number;
}

/** Reads YAML text by a schema. Nothing is thrown: every fault is told, with the line it stands on. */
export function readYaml<T>(file: string, text: string, schema: z.ZodType<T>): YamlFile<T> {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    // 1 and "1" are the same key of a telephone, and of whatever is read from this.
    uniqueKeys: (left, right) =>
      isScalar(left) && isScalar(right) && String(left.value) === String(right.value),
    logLevel: "error",
  });
  const lineAt = (offset: number) => lines.linePos(offset).line;

  const lineOf = (path: readonly PropertyKey[]): number => {
    let node: unknown = document.contents;
    let line = isNode(node) && node.range ? lineAt(node.range[0]) : 1;
    for (const step of path) {
      if (isMap(node)) {
        const pair = node.items.find(
          ({ key }) => isScalar(key) && String(key.value) === String(step),
        );
        if (pair === undefined) return line;
        if (isNode(pair.key) && pair.key.range) line = lineAt(pair.key.range[0]);
        node = pair.value;
      } else if (isSeq(node)) {
        node = node.items[Number(step)];
        if (isNode(node) && node.range) line = lineAt(node.range[0]);
      } else {
        return line;
      }
    }
    return line;
  };

  const syntax = document.errors.map((error) => ({
    file,
    line: lineAt(error.pos[0]),
    reason: error.message,
  }));
  if (syntax.length > 0) return { value: null, faults: syntax, lineOf };
  const parsed = schema.safeParse(document.toJS());
  if (parsed.success) return { value: parsed.data, faults: [], lineOf };
  const faults = parsed.error.issues.map((issue) => {
    const unknown = issue.code === "unrecognized_keys" ? issue.keys[0] : undefined;
    const path = unknown === undefined ? issue.path : [...issue.path, unknown];
    const where = issue.path.length === 0 ? "" : `${issue.path.map(String).join(".")}: `;
    // A key of a record that is refused is told by the schema's own words, which stand one level deeper.
    const inner = issue.code === "invalid_key" ? issue.issues[0]?.message : undefined;
    return { file, line: lineOf(path), reason: `${where}${inner ?? issue.message}` };
  });
  return { value: null, faults, lineOf };
}
