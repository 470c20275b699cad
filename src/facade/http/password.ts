import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from "node:crypto";

/**
 * Password hashes: `scrypt$N$r$p$salt$key`, the last two in base64url. The cost stands in the hash, so that it can be
 * raised later without locking anybody out.
 */
const cost = { N: 2 ** 15, r: 8, p: 1 } as const;
const keyBytes = 32;
const saltBytes = 16;
/** No hash may ask for more memory than this, whatever is written in it. */
const mostMemory = 128 * 1024 * 1024;

function derive(password: string, salt: Uint8Array, options: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const settings = { ...options, maxmem: mostMemory };
    // NFKC, so that the same password typed on another keyboard is the same password.
    scrypt(password.normalize("NFKC"), salt, keyBytes, settings, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}

/** Hashes a password with a salt of its own. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(saltBytes);
  const key = await derive(password, salt, cost);
  const fields = [cost.N, cost.r, cost.p, salt.toString("base64url"), key.toString("base64url")];
  return `scrypt$${fields.join("$")}`;
}

/** Whether the password is the one that was hashed; in a time that does not tell how much of it was right. */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const [kind, N, r, p, salt, key] = hash.split("$");
  if (kind !== "scrypt" || salt === undefined || key === undefined) return false;
  const wanted = Buffer.from(key, "base64url");
  if (wanted.length !== keyBytes) return false;
  const options = { N: Number(N), r: Number(r), p: Number(p) };
  const found = await derive(password, Buffer.from(salt, "base64url"), options);
  return timingSafeEqual(found, wanted);
}

let nobodys: Promise<string> | undefined;

/** Takes as long as verifying does, and fails: what a sign-in as somebody unknown costs. */
export async function verifyNobody(password: string): Promise<false> {
  nobodys ??= hashPassword(randomBytes(saltBytes).toString("base64url"));
  await verifyPassword(password, await nobodys);
  return false;
}
