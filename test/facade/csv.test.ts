import { describe, expect, it } from "vitest";
import { csvOf } from "../../src/facade/http/csv.ts";

describe("a table as CSV", () => {
  it("begins with a byte order mark and ends each line as RFC 4180 says", () => {
    const text = csvOf({ columns: ["name", "calls"], rows: [["أمل", 3]] });
    expect(text).toBe("\uFEFFname,calls\r\nأمل,3\r\n");
  });

  it("quotes what would break a line or a cell", () => {
    const text = csvOf({ columns: ["note"], rows: [['say "hi", twice\nplease'], [null]] });
    expect(text).toBe('\uFEFFnote\r\n"say ""hi"", twice\nplease"\r\n\r\n');
  });

  it("lets no text run as a formula, and leaves numbers alone", () => {
    const cells = ["=1+1", "+254711000001", "-2", "@SUM(A1)", "\t=1", -2];
    const text = csvOf({ columns: ["a", "b", "c", "d", "e", "f"], rows: [cells] });
    expect(text).toBe("\uFEFFa,b,c,d,e,f\r\n'=1+1,'+254711000001,'-2,'@SUM(A1),'\t=1,-2\r\n");
  });
});
