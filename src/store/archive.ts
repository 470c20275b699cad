import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, readFile, realpath, rename, rm } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { KituoError } from "../domain/errors.ts";
import type { AudioArchive } from "../ports/audio.ts";

/**
 * Recordings in a folder of this machine. A file is written under a hidden name, brought to the disk, and only then
 * given its own name, so a reader sees all of it or none. Names that lead out of the folder are refused
 * (`bad_request`); a disk that does not take the file is `store_down`.
 */
export function openArchive(folder: string): AudioArchive {
  const root = resolve(folder);
  return {
    keep: async (file, bytes) => {
      const path = pathOf(root, file);
      await onDisk(file, () => write(root, path, file, bytes));
      return { bytes: bytes.byteLength, sha256: createHash("sha256").update(bytes).digest("hex") };
    },

    read: async (file) => {
      const path = pathOf(root, file);
      return await onDisk(file, async () => {
        try {
          await insist(root, path, file);
          return await readFile(path);
        } catch (error) {
          if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
          throw error;
        }
      });
    },

    remove: async (file) => {
      const path = pathOf(root, file);
      await onDisk(file, async () => {
        try {
          await insist(root, path, file);
          await rm(path);
          // The name must be gone from the disk too, or the audio could be back after a loss of power.
          await syncFolder(dirname(path));
        } catch (error) {
          if (error instanceof Error && "code" in error && error.code === "ENOENT") return;
          throw error;
        }
      });
    },
  };
}

/** The path of a name, whose parts may not be empty, hidden (`.`, `..` and unfinished files are) or hold a NUL or `\`. */
function pathOf(root: string, file: string): string {
  const parts = file.split("/");
  const sound = parts.every((part) => part !== "" && !part.startsWith(".") && !/[\0\\]/.test(part));
  if (sound) return join(root, ...parts);
  throw new KituoError("bad_request", "this is not the name of a file in the archive", [
    JSON.stringify(file),
  ]);
}

/** Refuses a path that a symbolic link takes out of the folder. */
async function insist(root: string, path: string, file: string): Promise<void> {
  const [inside, real] = await Promise.all([realpath(root), realpath(path)]);
  if (real === inside || real.startsWith(inside + sep)) return;
  throw new KituoError("bad_request", "this name leads out of the archive", [JSON.stringify(file)]);
}

async function write(root: string, path: string, file: string, bytes: Uint8Array): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await insist(root, folder, file);
  const unfinished = join(folder, `.${randomUUID()}.part`);
  try {
    const handle = await open(unfinished, "wx", 0o600);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  // The name itself, and those of folders that may be new, must be on the disk too.
  for (let each = folder; each.startsWith(root); each = dirname(each)) await syncFolder(each);
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function onDisk<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof KituoError) throw error;
    throw new KituoError(
      "store_down",
      `the recording ${file} cannot be read or written`,
      [],
      error,
    );
  }
}
