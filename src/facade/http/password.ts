import { type Argon2Parameters, argon2, randomBytes, scrypt, timingSafeEqual } from "node:crypto";

/**
 * Password hashes in the PHC string format: `$argon2id$v=19$m=19456,t=2,p=1$salt$key`, the last two in base64 without
 * padding. The cost is the first that OWASP's Password Storage Cheat Sheet names for argon2id: 19 MiB, two passes, one
 * lane. It stands in the hash, so that it can be raised later without locking anybody out: what was hashed in another
 * way is hashed anew at its owner's next sign-in.
 */
const cost = { memory: 19_456, passes: 2, parallelism: 1 } as const;
const prefix = `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$`;
const keyBytes = 32;
const saltBytes = 16;
/** No hash may ask for more than this, whatever is written in it. */
const mostMemoryKiB = 128 * 1024;
const mostPasses = 16;

/** NFKC, so that the same password typed on another keyboard is the same password. */
const plain = (password: string): string => password.normalize("NFKC");

function deriveArgon2(parameters: Argon2Parameters): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    argon2("argon2id", parameters, (error, key) => (error === null ? resolve(key) : reject(error)));
  });
}

function deriveScrypt(
  password: string,
  salt: Uint8Array,
  options: { N: number; r: number; p: number },
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const settings = { ...options, maxmem: mostMemoryKiB * 1024 };
    scrypt(plain(password), salt, keyBytes, settings, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}

/** Hashes a password with a salt of its own. */
export async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(saltBytes);
  const key = await deriveArgon2({
    message: plain(password),
    nonce,
    ...cost,
    tagLength: keyBytes,
  });
  const unpadded = (bytes: Buffer): string => bytes.toString("base64").replaceAll("=", "");
  return `${prefix}${unpadded(nonce)}$${unpadded(key)}`;
}

/** Whether this is how passwords are hashed now; what is not is hashed anew when its password is next known. */
export function isCurrentHash(hash: string): boolean {
  return hash.startsWith(prefix) && hash.split("$").length === 6;
}

/** Whether the password is the one that was hashed; in a time that does not tell how much of it was right. */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  return hash.startsWith("scrypt$")
    ? await verifyScrypt(password, hash)
    : await verifyArgon2(password, hash);
}

async function verifyArgon2(password: string, hash: string): Promise<boolean> {
  const form = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;
  const [, m, t, p, salt, key] = form.exec(hash) ?? [];
  if (salt === undefined || key === undefined) return false;
  const wanted = Buffer.from(key, "base64");
  const [memory, passes, parallelism] = [Number(m), Number(t), Number(p)];
  if (wanted.length !== keyBytes || memory > mostMemoryKiB || passes > mostPasses) return false;
  const nonce = Buffer.from(salt, "base64");
  const found = await deriveArgon2({
    message: plain(password),
    nonce,
    memory,
    passes,
    parallelism,
    tagLength: keyBytes,
  });
  return timingSafeEqual(found, wanted);
}

/** Hashes of earlier versions: `scrypt$N$r$p$salt$key`, the last two in base64url; something may stand behind them. */
async function verifyScrypt(password: string, hash: string): Promise<boolean> {
  const [, N, r, p, salt, key] = hash.split("$");
  if (salt === undefined || key === undefined) return false;
  const wanted = Buffer.from(key, "base64url");
  if (wanted.length !== keyBytes) return false;
  const options = { N: Number(N), r: Number(r), p: Number(p) };
  const found = await deriveScrypt(password, Buffer.from(salt, "base64url"), options);
  return timingSafeEqual(found, wanted);
}

let nobodys: Promise<string> | undefined;

/** Takes as long as verifying does, and fails: what a sign-in as somebody unknown costs. */
export async function verifyNobody(password: string): Promise<false> {
  nobodys ??= hashPassword(newPassword());
  await verifyPassword(password, await nobodys);
  return false;
}

/** A password that nobody can guess: 144 random bits. */
export function newPassword(): string {
  return randomBytes(18).toString("base64url");
}
