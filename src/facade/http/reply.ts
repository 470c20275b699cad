import type { Request, Response } from "express";
import { csvOf, type Table } from "./csv.ts";
import type { AudioFile, Page } from "./handler.ts";
import { Problem, problemDocument } from "./problems.ts";

/** Sends a problem document. */
export function sendProblem(response: Response, problem: Problem, instance?: string): void {
  const document = problemDocument(problem, instance);
  response
    .status(document.status)
    .set(problem.headers)
    .type("application/problem+json")
    .send(JSON.stringify(document));
}

/** Sends a page; a browser that has it already is told so. */
export function sendPage(response: Response, page: Page): void {
  response
    .set({ "Content-Type": page.type, ETag: `"${page.tag}"`, "Cache-Control": "no-cache" })
    .send(Buffer.from(page.bytes));
}

/** Sends a table as a file for spreadsheets. */
export function sendTable(response: Response, table: Table): void {
  response
    .set({
      "Content-Type": "text/csv; charset=utf-8",
      "Content-Disposition": `attachment; filename="${table.fileName}"`,
      ...(table.next === undefined ? {} : { Link: `<${table.next}>; rel="next"` }),
    })
    .send(csvOf(table));
}

/**
 * Sends a recording whole or, when one range is asked for, that range of it, so that players can seek. Several ranges
 * at once are answered with the whole file, which is always allowed.
 */
export function sendAudio(request: Request, response: Response, audio: AudioFile): void {
  const { bytes } = audio;
  const etag = `"${audio.tag}"`;
  const name = audio.fileName.replaceAll(/[^A-Za-z0-9._-]/g, "_");
  response.set({
    "Content-Type": "audio/wav",
    "Accept-Ranges": "bytes",
    "Content-Disposition": `attachment; filename="${name}"`,
    "Cache-Control": "private, no-cache",
    ETag: etag,
  });
  const condition = request.get("if-range");
  const ranges =
    condition === undefined || condition === etag ? request.range(bytes.length) : undefined;
  if (ranges === -1) {
    throw new Problem("range_not_satisfiable", "The range lies outside the recording.", {
      headers: { "Content-Range": `bytes */${bytes.length}`, "Content-Disposition": "inline" },
    });
  }
  const only =
    Array.isArray(ranges) && ranges.length === 1 && ranges.type === "bytes" ? ranges[0] : undefined;
  if (only === undefined) {
    response.status(200).send(Buffer.from(bytes));
    return;
  }
  const { start, end } = only;
  response
    .status(206)
    .set("Content-Range", `bytes ${start}-${end}/${bytes.length}`)
    .send(Buffer.from(bytes.subarray(start, end + 1)));
}
