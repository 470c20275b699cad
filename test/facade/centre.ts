import { type Centre, centreSchema } from "../../src/domain/centre.ts";

/** Two queues and three agents: enough for every rule of the facade. */
export const centre: Centre = centreSchema.parse({
  queues: [
    { name: "support", title: "Support" },
    { name: "complaints", title: "Complaints", weight: 1 },
  ],
  agents: [
    { id: "AGT-001", name: "Amina Odhiambo", extension: "1001", queues: ["support"] },
    {
      id: "AGT-002",
      name: "Brian Kiprotich",
      extension: "1002",
      queues: ["support", "complaints"],
    },
    { id: "AGT-003", name: "Chausiku Mwakio", extension: "1003", queues: ["complaints"] },
  ],
});
