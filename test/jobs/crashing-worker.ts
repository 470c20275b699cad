import { openBullJobs } from "../../src/jobs/bull.ts";
import { listeningLog } from "../desk/redis-server.ts";

/** A process that asks for a job, takes it and is killed over it: it says when it has begun, and never ends the job. */
const [url = "", prefix = ""] = process.argv.slice(2);
const jobs = openBullJobs({ url, prefix, log: listeningLog() });
jobs.onJob(async () => {
  process.stdout.write("begun\n");
  await new Promise(() => {
    // Never: the test kills this process meanwhile.
  });
});
await jobs.start();
await jobs.ask({ type: "assign" });
