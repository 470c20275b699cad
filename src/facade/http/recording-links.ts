import { createHmac, timingSafeEqual } from "node:crypto";
import { recordingUrl } from "../contract/present.ts";
import { Problem } from "./problems.ts";

/** What a link says, and what is signed of it. */
export interface RecordingLink {
  readonly name: string;
  /** Who asked for it, and is answered for whoever uses it. */
  readonly user: string;
  /** Seconds since 1970. */
  readonly expires: number;
}

/** Makes links to recordings and reads them. */
export interface RecordingLinks {
  /** The address on this server. */
  sign(link: RecordingLink): string;
  /** Refuses a link that this server did not make (`link_invalid`) or that is past its end (`link_expired`). */
  check(link: RecordingLink, signature: string, now: number): void;
}

/** Links under the secret of tokens, by a key that is made of it for nothing but links (HMAC-SHA256, RFC 2104). */
export function createRecordingLinks(secret: string): RecordingLinks {
  const key = createHmac("sha256", secret).update("links to recordings").digest();
  // As JSON no two links read alike, whatever a name holds.
  const signatureOf = ({ name, user, expires }: RecordingLink): Buffer =>
    createHmac("sha256", key)
      .update(JSON.stringify([name, user, expires]))
      .digest();
  return {
    sign(link) {
      const query = new URLSearchParams({
        expires: String(link.expires),
        user: link.user,
        signature: signatureOf(link).toString("base64url"),
      });
      return `${recordingUrl(link.name)}/signed?${query.toString()}`;
    },

    check(link, signature, now) {
      const expected = signatureOf(link);
      const given = Buffer.from(signature, "base64url");
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
        throw new Problem("link_invalid", "The link was changed, or made by another server.");
      }
      if (link.expires * 1_000 <= now) {
        throw new Problem("link_expired", "The time of this link is over.");
      }
    },
  };
}
