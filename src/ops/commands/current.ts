import { KituoError } from "../../domain/errors.ts";
import { opsEnvironment } from "../environment.ts";
import { readSecrets, type Secrets, secretsFile } from "../secrets.ts";
import { type InstanceState, readState } from "../state.ts";

/** The instance that is up, for commands that talk to it. */
export function currentState(): InstanceState {
  const state = stateIfUp();
  if (state !== null) return state;
  throw new KituoError("conflict", `Kituo is not up in ${opsEnvironment().varFolder}.`, [
    "`kituo up --detach` starts it.",
  ]);
}

/** The same for commands that can do without; `null` when none is up. */
export function stateIfUp(): InstanceState | null {
  return readState(opsEnvironment().varFolder);
}

/** Where a server answers, and where the secrets are that it knows. */
export interface ServerAddress {
  readonly url: string;
  readonly files: { readonly secrets: string };
}

/** A server that was started by hand or by a service manager, with the secrets that the environment names. */
export function serverAt(url: string): ServerAddress {
  const { all, varFolder } = opsEnvironment();
  return { url, files: { secrets: all["KITUO_SECRETS"] ?? secretsFile(varFolder) } };
}

/** The secrets of the instance that is up. */
export async function secretsOf(state: Pick<ServerAddress, "files">): Promise<Secrets> {
  const secrets = await readSecrets(state.files.secrets);
  if (secrets !== null) return secrets;
  throw new KituoError("config_invalid", `The secrets, ${state.files.secrets}, are gone.`, [
    "`kituo down`, then `kituo up` makes new ones.",
  ]);
}

/** The HTTP API of a server, as its admin. No answer at all is a fault of the code `internal`. */
export async function adminApi(
  state: ServerAddress,
): Promise<(method: string, path: string, body?: unknown) => Promise<unknown>> {
  const admin = (await secretsOf(state)).users.find((user) => user.role === "admin");
  const ask = async (
    method: string,
    path: string,
    body?: unknown,
    token?: string,
  ): Promise<unknown> => {
    let answer: Response;
    try {
      answer = await fetch(new URL(path, state.url), {
        method,
        headers: {
          "content-type": "application/json",
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        signal: AbortSignal.timeout(10_000),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (error) {
      throw new KituoError(
        "internal",
        `The server at ${state.url} does not answer.`,
        ["`kituo status` and `kituo logs` tell more."],
        error,
      );
    }
    const said: unknown = await answer.json();
    if (answer.ok) return said;
    const {
      title,
      detail,
      advice,
      faults = [],
    } = said as {
      title?: string;
      detail?: string;
      advice?: string;
      faults?: string[];
    };
    throw new KituoError(
      "bad_request",
      detail ?? title ?? `The server answered ${answer.status}.`,
      [...faults, ...(advice === undefined ? [] : [advice])],
    );
  };
  const session = (await ask("POST", "/api/auth/login", {
    username: admin?.username,
    password: admin?.password,
  })) as { token: string };
  return (method, path, body) => ask(method, path, body, session.token);
}
