import type { Row } from "./row.ts";
import { ariBlackhole, ariCut } from "./rows/ari.ts";
import { asteriskHang, asteriskKill, asteriskReload, asteriskRestart } from "./rows/asterisk.ts";
import { calm } from "./rows/calm.ts";
import { clockBack, clockForward } from "./rows/clock.ts";
import { down30 } from "./rows/down.ts";
import { kill9 } from "./rows/kill9.ts";
import { newCalls } from "./rows/newcalls.ts";
import { drain, frozen, peerDies, thawFenced } from "./rows/processes.ts";
import { flushAll, redisAway, redisKill, redisLost } from "./rows/redis.ts";
import { stall } from "./rows/stall.ts";
import { diskFull, slowFsync, storeAway, storeLocked } from "./rows/store.ts";

/** Every fault that is brought about on purpose. */
export const rows: readonly Row[] = [
  calm,
  kill9,
  down30,
  newCalls,
  frozen,
  peerDies,
  thawFenced,
  drain,
  redisKill,
  redisAway,
  flushAll,
  redisLost,
  storeLocked,
  storeAway,
  diskFull,
  slowFsync,
  asteriskKill,
  asteriskHang,
  asteriskReload,
  asteriskRestart,
  ariCut,
  ariBlackhole,
  stall,
  clockBack,
  clockForward,
];
