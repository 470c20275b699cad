import { describe, expect, it } from "vitest";
import { overall, type Part, type PartState } from "../../src/domain/health.ts";
import { openBoard } from "../../src/flows/board.ts";
import { HealthWatch } from "../../src/flows/health.ts";
import type { BoardEvent } from "../../src/ports/board.ts";
import type { Log } from "../../src/ports/log.ts";
import { VirtualClock } from "../../src/telephony/fake/clock.ts";

type Answer = () => PartState | Promise<PartState>;

const up: Answer = () => "up";
const hangs: Answer = () => new Promise(() => undefined);

/** A watch over parts that answer as the test says, on a clock that it winds. */
function watching() {
  const clock = new VirtualClock();
  const answers: Record<Part, Answer> = {
    asterisk: up,
    desk: up,
    jobs: up,
    store: up,
    journal: up,
  };
  const logged: string[] = [];
  const at = (level: string) => (_fields: object, message: string) =>
    void logged.push(`${level}: ${message}`);
  const log: Log = {
    debug: () => undefined,
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: () => log,
  };
  const board = openBoard(log);
  const told: BoardEvent[] = [];
  board.subscribe((event) => void told.push(event));
  const looks = {
    asterisk: () => answers.asterisk(),
    desk: () => answers.desk(),
    jobs: () => answers.jobs(),
    store: () => answers.store(),
    journal: () => answers.journal(),
  };
  const watch = new HealthWatch({ looks, board, clock, log });
  const begin = clock.now();
  /** What the board was told, in milliseconds from the beginning. */
  const news = () =>
    told.map((event) =>
      event.type === "health" ? [event.at - begin, event.part, event.health.state] : event.type,
    );
  return {
    clock,
    answers,
    logged,
    news,
    watch,
    begin,
    until: (ms: number) => clock.wind(begin + ms),
  };
}

describe("the watch over the parts", () => {
  it("says nothing while all is well", async () => {
    const { watch, until, news, logged } = watching();
    await watch.start();
    await until(10_000);
    expect(news()).toEqual([]);
    expect(logged).toEqual([]);
    expect(overall(watch.parts())).toBe("up");
    watch.stop();
  });

  it("tells of each change once, with the time since when it is so", async () => {
    const { watch, until, answers, news, logged, begin } = watching();
    await watch.start();
    await until(1_100);
    answers.store = () => Promise.reject(new Error("the disk is full"));
    answers.journal = () => "behind";
    await until(3_100);
    expect(overall(watch.parts())).toBe("degraded");
    expect(watch.parts().store).toEqual({ state: "down", since: begin + 1_500 });
    answers.store = up;
    answers.journal = up;
    await until(9_000);
    expect(news()).toEqual([
      [1_500, "store", "down"],
      [1_500, "journal", "behind"],
      [3_500, "store", "up"],
      [3_500, "journal", "up"],
    ]);
    expect(logged).toEqual([
      "warn: a part is not up",
      "warn: a part is not up",
      "info: a part is up again",
      "info: a part is up again",
    ]);
    watch.stop();
  });

  it("sees a part that hangs within three seconds, and goes on looking at the others", async () => {
    const { watch, until, answers, news, logged } = watching();
    await watch.start();
    await until(600);
    answers.asterisk = hangs;
    answers.desk = () => "down";
    await until(1_100);
    expect(news()).toEqual([[1_000, "desk", "down"]]);
    await until(3_100);
    expect(news().at(-1)).toEqual([3_000, "asterisk", "down"]);
    expect(logged.at(-1)).toBe("error: a part is not up");
    expect(overall(watch.parts())).toBe("down");
    watch.stop();
  });

  it("comes up though a part hangs from the beginning, and tells of it", async () => {
    const { watch, until, answers, news } = watching();
    answers.store = hangs;
    const started = watch.start();
    expect(overall(watch.parts())).toBe("down");
    await until(2_000);
    await started;
    expect(news()).toEqual([[2_000, "store", "down"]]);
    expect(overall(watch.parts())).toBe("degraded");
    watch.stop();
  });

  it("tells nothing more once it is stopped", async () => {
    const { watch, until, answers, news } = watching();
    await watch.start();
    answers.asterisk = () => "down";
    watch.stop();
    await until(5_000);
    expect(news()).toEqual([]);
  });
});
