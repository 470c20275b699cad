import {
  CORE_SCHEMA,
  constructFromEvents,
  EVENT_ID,
  type Event,
  getScalarValue,
  parseEvents,
  YAMLException,
} from "js-yaml";
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
  let events: readonly Event[] = [];
  const lineOf = (path: readonly PropertyKey[]): number => lineIn(text, events, path);
  const refuse = (faults: readonly Finding[]): YamlFile<T> => ({ value: null, faults, lineOf });

  let value: unknown;
  try {
    const found = parseEvents(text, {});
    events = found;
    const documents = constructFromEvents(found, { source: text, schema: CORE_SCHEMA });
    if (documents.length > 1)
      return refuse([{ file, line: 0, reason: "one document is expected, and there are more" }]);
    value = documents[0] ?? null;
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    // Its lines count from 0.
    return refuse([{ file, line: (error.mark?.line ?? 0) + 1, reason: error.reason }]);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return { value: parsed.data, faults: [], lineOf };
  return refuse(
    parsed.error.issues.map((issue) => {
      const unknown = issue.code === "unrecognized_keys" ? issue.keys[0] : undefined;
      const path = unknown === undefined ? issue.path : [...issue.path, unknown];
      const where = issue.path.length === 0 ? "" : `${issue.path.map(String).join(".")}: `;
      // A key of a record that is refused is told by the schema's own words, which stand one level deeper.
      const inner = issue.code === "invalid_key" ? issue.issues[0]?.message : undefined;
      return { file, line: lineOf(path), reason: `${where}${inner ?? issue.message}` };
    }),
  );
}

/** The line on which the last part of a path stands, or as much of it as there is. Lines count from 1. */
function lineIn(text: string, events: readonly Event[], path: readonly PropertyKey[]): number {
  let next = 1; // After that of the document.
  let best = { depth: -1, offset: 0 };
  const reach = (depth: number): number => {
    const event = events[next];
    if (depth > best.depth && event !== undefined) best = { depth, offset: offsetOf(event) };
    return depth;
  };
  const isOver = (): boolean => next >= events.length || events[next]?.type === EVENT_ID.POP;
  /** Walks through the next node; so many parts of the path lead to it, `null` when it is off the path. */
  const walk = (depth: number | null): void => {
    const event = events[next];
    const wanted = depth === null || depth >= path.length ? null : String(path[depth]);
    next += 1;
    if (event?.type !== EVENT_ID.MAPPING && event?.type !== EVENT_ID.SEQUENCE) return;
    for (let item = 0; !isOver(); item += 1) {
      const isList = event.type === EVENT_ID.SEQUENCE;
      const isIt = wanted === (isList ? String(item) : scalarIn(text, events[next]));
      const below = isIt && depth !== null ? reach(depth + 1) : null;
      if (!isList) walk(null); // The key.
      walk(below);
    }
    next += 1;
  };
  reach(0);
  walk(0);
  return text.slice(0, best.offset).split("\n").length;
}

function offsetOf(event: Event): number {
  if (event.type === EVENT_ID.SCALAR) return event.valueStart;
  if (event.type === EVENT_ID.ALIAS) return event.anchorStart;
  return "start" in event ? event.start : 0;
}

function scalarIn(text: string, event: Event | undefined): string | null {
  return event?.type === EVENT_ID.SCALAR ? getScalarValue(text, event) : null;
}
