import { openMemoryDesk } from "../../src/desk/memory.ts";
import { deskConformance } from "../conformance/desk.ts";

deskConformance("the desk in memory", async () => {
  const desk = openMemoryDesk("kituo-test/1");
  await desk.start();
  return { desk, owner: "kituo-test/1", other: desk, close: async () => await desk.stop() };
});
