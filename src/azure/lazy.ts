/**
 * Makes a value at first use and keeps it; a failed attempt is forgotten. SDK packages are loaded this way, since
 * loading them all takes longer than everything else in a cold start.
 */
export function lazy<Value>(make: () => Promise<Value>): () => Promise<Value> {
  const only = lazyPer(make);
  return () => only("");
}

/** The same, one value for each key: clients per tenant and subscription. */
export function lazyPer<Value>(make: (key: string) => Promise<Value>): (key: string) => Promise<Value> {
  const made = new Map<string, Promise<Value>>();
  return (key) => {
    const known = made.get(key);
    if (known) return known;
    const value = make(key);
    made.set(key, value);
    value.catch(() => made.delete(key));
    return value;
  };
}
