import { type AgentId, asAgentId } from "../../domain/ids.ts";
import type { User, UserChange } from "../../ports/store.ts";
import { presentUser } from "../contract/present-access.ts";
import type { UserChangeInput } from "../contract/user.ts";
import type { FacadeDeps } from "./deps.ts";
import type { Some } from "./handler.ts";
import { lockedUntil } from "./lock.ts";
import { hashPassword, newPassword } from "./password.ts";
import { Problem } from "./problems.ts";
import type { Sessions } from "./sessions.ts";

/** The accounts of people, in the hands of admins. */
export function accountHandlers(
  { store, clock, centre }: Pick<FacadeDeps, "store" | "clock" | "centre">,
  sessions: Sessions,
): Some<"listUsers" | "createUser" | "getUser" | "updateUser" | "deleteUser"> {
  // One change after another: two admins who demote each other at once must not both succeed.
  let last: Promise<unknown> = Promise.resolve();
  function inTurn<T>(change: () => Promise<T>): Promise<T> {
    const done = last.then(change, change);
    last = done;
    return done;
  }

  const present = (user: User) => {
    const until = lockedUntil(user);
    return presentUser(user, centre.agents, until > clock.now() ? until : 0);
  };

  async function find(username: string): Promise<User> {
    const user = await store.users.get(username);
    if (user === null) throw new Problem("not_found", "There is no such user.");
    return user;
  }

  /** The agent that is meant; `undefined` when none is named. */
  function agentOf(named: Pick<UserChangeInput, "agent_id" | "extension">): AgentId | undefined {
    const { agent_id, extension } = named;
    if (agent_id === undefined && extension === undefined) return undefined;
    const agent = centre.agents.find(
      (each) =>
        (agent_id === undefined || each.id === agent_id) &&
        (extension === undefined || each.extension === extension),
    );
    if (agent !== undefined) return asAgentId(agent.id);
    const what = [agent_id, extension]
      .filter((part) => part !== undefined)
      .join(" with extension ");
    throw badRequest(`${agent_id === undefined ? "extension" : "agent_id"}: no agent is ${what}`);
  }

  async function refuseLastAdmin(user: User): Promise<void> {
    if (user.role !== "admin" || !user.active) return;
    const admins = (await store.users.list()).filter(
      ({ role, active }) => role === "admin" && active,
    );
    if (admins.length <= 1)
      throw new Problem("last_admin", `${user.username} is the only admin who may sign in.`);
  }

  return {
    async listUsers() {
      return { users: (await store.users.list()).map(present) };
    },

    async getUser({ params }) {
      return present(await find(params.username));
    },

    async createUser({ input, audit }) {
      const { username, role, email } = input;
      const agent = agentOf(input) ?? null;
      refuseMismatch(role, agent);
      const made = input.password === undefined ? newPassword() : undefined;
      const user: User = {
        username,
        role,
        passwordHash: await hashPassword(input.password ?? made ?? newPassword()),
        agent,
        email: email ?? null,
        active: true,
        planMark: null,
        failures: 0,
        failedAt: null,
        createdAt: clock.now(),
      };
      if (!(await store.users.add(user)))
        throw new Problem("conflict", "There is a user with this name already.");
      await audit("user_created", username, { detail: { role, agent } });
      return {
        success: true,
        user: present(user),
        ...(made === undefined ? {} : { password: made }),
      };
    },

    updateUser: ({ params, input, audit }) =>
      inTurn(async () => {
        const before = await find(params.username);
        const { username } = before;
        const role = input.role ?? before.role;
        const agent = agentOf(input) ?? (role === "agent" ? before.agent : null);
        refuseMismatch(role, agent);
        const active = input.active ?? before.active;
        if (role !== "admin" || !active) await refuseLastAdmin(before);
        const made = input.reset_password === undefined ? undefined : newPassword();
        const password = input.password ?? made;
        const change: UserChange = {
          role,
          agent,
          active,
          ...(input.email === undefined ? {} : { email: input.email === "" ? null : input.email }),
          ...(input.unlock === undefined ? {} : { failures: 0, failedAt: null }),
          ...(password === undefined ? {} : { passwordHash: await hashPassword(password) }),
        };
        const after = await store.users.update(username, change);
        if (after === null) throw new Problem("not_found", "There is no such user.");
        const isOther = role !== before.role || agent !== before.agent;
        if (isOther || !active || password !== undefined)
          await sessions.endOf(username, "changed by an admin");
        const changed = Object.keys(input).filter(
          (key) => input[key as keyof UserChangeInput] !== undefined,
        );
        await audit("user_changed", username, { detail: { changed, role, agent, active } });
        return {
          success: true as const,
          user: present(after),
          ...(made === undefined ? {} : { password: made }),
        };
      }),

    deleteUser: ({ params, audit }) =>
      inTurn(async () => {
        const user = await find(params.username);
        const { username } = user;
        await refuseLastAdmin(user);
        const isNamed = user.planMark !== null || (await hasActed(username));
        if (isNamed) await store.users.update(username, { active: false });
        else await store.users.remove(username);
        await sessions.endOf(username, "removed by an admin");
        await audit("user_removed", username, { detail: { deleted: !isNamed } });
        return { success: true as const, username, deleted: !isNamed };
      }),
  };

  /**
   * Whether anything on record names this user as who did it: her name must stay hers then. Whoever does anything at all
   * has signed in before, and that is on record too.
   */
  async function hasActed(username: string): Promise<boolean> {
    const [entry] = await store.audit.list({ by: username, outcome: "done", limit: 1 });
    return entry !== undefined;
  }
}

function refuseMismatch(role: User["role"], agent: AgentId | null): void {
  if ((role === "agent") === (agent !== null)) return;
  throw badRequest(
    role === "agent"
      ? "agent_id: is needed for the role agent (or extension)"
      : `agent_id: goes with the role agent, not with ${role}`,
  );
}

function badRequest(fault: string): Problem {
  return new Problem("bad_request", "One thing is wrong with the request.", { faults: [fault] });
}
