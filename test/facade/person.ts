import { hashPassword } from "../../src/facade/http/password.ts";
import type { User } from "../../src/ports/store.ts";
import { type Harness, newUser } from "./harness.ts";

export const password = "correct horse battery";

/** Puts a user with {@link password} into the store. */
export async function addUser(
  harness: Harness,
  about: Pick<User, "username" | "role"> & Partial<User>,
): Promise<void> {
  const passwordHash = await hashPassword(password);
  await harness.deps.store.users.add(newUser({ passwordHash, ...about }));
}

/** Somebody with a browser: it keeps the refresh cookie, and the page in it keeps the token. */
export class Person {
  readonly #harness: Harness;
  readonly username: string;
  token = "";
  cookie: string | null = null;
  /** The cookie as the server set it last, with what it says about it. */
  setCookie = "";

  constructor(harness: Harness, username: string) {
    this.#harness = harness;
    this.username = username;
  }

  async ask(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    const goesAlong = path.startsWith("/api/auth") && this.cookie !== null;
    const response = await this.#harness.request(method, path, {
      headers: {
        ...(this.token === "" ? {} : { Authorization: `Bearer ${this.token}` }),
        ...(goesAlong ? { Cookie: `other=1; kituo_refresh=${this.cookie}` } : {}),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    });
    const [set] = response.headers.getSetCookie();
    if (set !== undefined) {
      this.setCookie = set;
      const value = /^kituo_refresh=([^;]*)/.exec(set)?.[1] ?? "";
      this.cookie = value === "" ? null : value;
    }
    return response;
  }

  async signIn(secret = password, headers: Record<string, string> = {}): Promise<Response> {
    const body = { username: this.username, password: secret };
    const response = await this.ask("POST", "/api/auth/login", body, headers);
    if (response.ok) this.token = ((await response.clone().json()) as { token: string }).token;
    return response;
  }

  async refresh(headers: Record<string, string> = {}): Promise<Response> {
    const response = await this.ask("POST", "/api/auth/refresh", undefined, headers);
    if (response.ok) this.token = ((await response.clone().json()) as { token: string }).token;
    return response;
  }

  /** The status of a request that anybody may make who is signed in. */
  async status(): Promise<number> {
    return (await this.ask("GET", "/api/auth/me")).status;
  }
}
