import { afterAll, afterEach, beforeAll, describe } from "vitest";
import type { Store } from "../../src/ports/store.ts";
import { accessConformance } from "./store/access.ts";
import { callsConformance } from "./store/calls.ts";
import { customersConformance } from "./store/customers.ts";
import { erasureConformance } from "./store/erasure.ts";
import { lifeConformance } from "./store/life.ts";
import { listsConformance } from "./store/lists.ts";
import { peopleConformance } from "./store/people.ts";
import { recordingsConformance } from "./store/recordings.ts";
import type { Stage, StorePlace } from "./store/stage.ts";
import { ticketWorkConformance } from "./store/ticket-work.ts";
import { ticketsConformance } from "./store/tickets.ts";
import { transcriptSearchConformance } from "./store/transcript-search.ts";
import { transcriptsConformance } from "./store/transcripts.ts";
import { webhooksConformance } from "./store/webhooks.ts";

/** What every store promises; the one suite that each adapter passes. */
export function storeConformance(name: string, makePlace: () => Promise<StorePlace>): void {
  describe(`the store on ${name}`, () => {
    let place: StorePlace;
    let store: Store;
    const others: Store[] = [];
    const stage: Stage = {
      get store() {
        return store;
      },
      another: async () => {
        const other = place.open();
        await other.start();
        others.push(other);
        return other;
      },
      open: () => place.open(),
    };

    beforeAll(async () => {
      place = await makePlace();
      store = place.open();
      await store.start();
    });
    afterEach(async () => {
      for (const other of others.splice(0)) await other.stop();
    });
    afterAll(async () => {
      await store.stop();
      await place.remove();
    });

    callsConformance(stage);
    listsConformance(stage);
    transcriptsConformance(stage);
    transcriptSearchConformance(stage);
    ticketsConformance(stage);
    ticketWorkConformance(stage);
    customersConformance(stage);
    erasureConformance(stage);
    peopleConformance(stage);
    recordingsConformance(stage);
    webhooksConformance(stage);
    accessConformance(stage);
    lifeConformance(stage);
  });
}
