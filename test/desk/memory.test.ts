import { openMemoryDesk } from "../../src/desk/memory.ts";
import { deskConformance } from "../conformance/desk.ts";

deskConformance("the desk in memory", async () => {
  const desk = openMemoryDesk();
  await desk.start();
  return { desk, other: desk, close: async () => await desk.stop() };
});
