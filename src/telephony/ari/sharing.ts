/**
 * Work that many ask for at once and that is done for all of them: one run at a time, and whoever asks while one is
 * under way shares the next with all others who do. A run always begins after it was asked for.
 */
export function sharing<Value>(work: () => Promise<Value>): () => Promise<Value> {
  let current: Promise<Value> | null = null;
  let next: Promise<Value> | null = null;

  function begin(): Promise<Value> {
    next = null;
    const begun = work().finally(() => {
      if (current === begun) current = null;
    });
    current = begun;
    return begun;
  }

  return () => {
    if (current === null) return begin();
    next ??= current.then(begin, begin);
    return next;
  };
}
