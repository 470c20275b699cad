import type { Store } from "../../../src/ports/store.ts";

/** What an adapter brings to be tested: stores over one and the same empty place. */
export interface StorePlace {
  /** Another store over this place, not started: a second process, or the same after a restart. */
  open(): Store;
  /** Takes away the place and all that is in it. */
  remove(): Promise<void>;
}

/** What the parts of the suite work with. */
export interface Stage {
  /** A store that is started. */
  readonly store: Store;
  /** A second process on the same place, started, and stopped after the test. */
  another(): Promise<Store>;
  /** A store on the same place that nobody starts or stops for the test. */
  open(): Store;
}
