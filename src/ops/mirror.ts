/**
 * The mirrors that a machine's apt sources take Debian itself from, in the order they stand there. Sources of other
 * makers, of security updates, and those that are not fetched over HTTP are passed over.
 */
export function debianMirrors(files: readonly { name: string; text: string }[]): string[] {
  const found = files.flatMap(({ name, text }) =>
    name.endsWith(".sources") ? fromStanzas(text) : fromLines(text),
  );
  return [...new Set(found)];
}

/** One-line style: `deb [options] URI suite component...`. */
function fromLines(text: string): string[] {
  return text.split("\n").flatMap((line) => {
    const [, uri, suite, components] =
      /^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+([^#]*)/.exec(line) ?? [];
    return isDebianMain(uri, [suite ?? ""], (components ?? "").split(/\s+/)) ? [clean(uri)] : [];
  });
}

/** deb822 style: stanzas of `Field: value`. */
function fromStanzas(text: string): string[] {
  return text.split(/\n\s*\n/).flatMap((stanza) => {
    const fields = new Map<string, string[]>();
    for (const line of stanza.split("\n")) {
      const [, key, value] = /^([A-Za-z-]+):\s*(.*)$/.exec(line) ?? [];
      if (key !== undefined && value !== undefined)
        fields.set(key.toLowerCase(), value.trim().split(/\s+/));
    }
    if (fields.get("enabled")?.[0] === "no" || !fields.get("types")?.includes("deb")) return [];
    return (fields.get("uris") ?? []).flatMap((uri) =>
      isDebianMain(uri, fields.get("suites") ?? [], fields.get("components") ?? [])
        ? [clean(uri)]
        : [],
    );
  });
}

const releases =
  /^(oldoldstable|oldstable|stable|testing|unstable|sid|buster|bullseye|bookworm|trixie|forky|duke)$/;

function isDebianMain(
  uri: string | undefined,
  suites: readonly string[],
  components: readonly string[],
): uri is string {
  return (
    uri !== undefined &&
    /^https?:\/\//.test(uri) &&
    // Sources that stop at a day in the past do not have the newer suite.
    !/\/archive\/debian\/\d{8}T\d{6}Z/.test(uri) &&
    suites.some((suite) => releases.test(suite)) &&
    components.includes("main")
  );
}

function clean(uri: string): string {
  return uri.replace(/\/+$/, "");
}
