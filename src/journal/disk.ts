import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/** What the journal asks of the disk, all of it off the event loop. Tests put slow and full ones in its place. */
export interface Disk {
  /** The names in a folder, which is made when it is not there. */
  list(folder: string): Promise<readonly string[]>;
  /** Makes a new file that only its owner can read. */
  create(path: string): Promise<DiskFile>;
  read(path: string): Promise<Buffer>;
  /** Writes a whole file anew, or at the end of what is there. */
  put(path: string, bytes: Uint8Array, where: "anew" | "at the end"): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file; nothing happens when it is not there. */
  remove(path: string): Promise<void>;
}

export interface DiskFile {
  /** Writes all of it at this place, or rejects, having perhaps written a part. */
  write(bytes: Uint8Array, at: number): Promise<void>;
  /** Settles when what was written, and the file's name, outlive the machine. */
  sync(): Promise<void>;
  truncate(to: number): Promise<void>;
  close(): Promise<void>;
}

export const disk: Disk = {
  list: async (folder) => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return await readdir(folder);
  },
  create,
  read: (path) => readFile(path),
  put: async (path, bytes, where) => {
    const handle = await open(path, where === "anew" ? "w" : "a", 0o600);
    try {
      await handle.writeFile(bytes);
      await handle.datasync();
    } finally {
      await handle.close();
    }
  },
  rename: (from, to) => rename(from, to),
  remove: (path) => rm(path, { force: true }),
};

async function create(path: string): Promise<DiskFile> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const handle = await open(path, "wx", 0o600);
  let named = false;
  return {
    write: async (bytes, at) => {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, at + done);
        done += bytesWritten;
      }
    },
    sync: async () => {
      await handle.datasync();
      if (named) return;
      await syncFolder(dirname(path));
      named = true;
    },
    truncate: (to) => handle.truncate(to),
    close: () => handle.close(),
  };
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
