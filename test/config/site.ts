import { extensions } from "../../src/domain/centre.ts";
import type { Site } from "../../src/ops/config/site.ts";

/** A site like those that set-up makes; nothing of it exists. */
export const site: Site = {
  sipAddress: "127.0.0.1",
  controlAddress: "127.0.0.1",
  sipPort: 5160,
  httpPort: 8188,
  amiPort: 5138,
  rtpFrom: 20_000,
  rtpTo: 20_999,
  folders: {
    etc: "/srv/a/etc",
    modules: "/usr/lib/asterisk/modules",
    data: "/srv/a/data",
    db: "/srv/a/db",
    keys: "/srv/a/keys",
    spool: "/srv/a/spool",
    run: "/srv/a/run",
    log: "/srv/a/log",
  },
  secrets: {
    ariUser: "kituo",
    ariPassword: "x7Kq2mWv9RtZb4NcLp8Hs3Yd",
    amiUser: "kituo",
    amiPassword: "p3Gf6TjQw1XnV5hMz9BkRs2C",
    extensions: Object.fromEntries(
      extensions.map((extension) => [extension, `vN4${extension}yTq8WzKb2RjXc6Mf`]),
    ),
  },
  entityId: "02:00:00:00:00:01",
};
