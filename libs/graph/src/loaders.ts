/** One request's memory, for loaders; for a subscription, one event's: what a later event loads is read anew. */
export function createLoaders(): { get<T>(key: string, make: () => T): T } {
  const made = new Map<string, unknown>();
  return {
    get<T>(key: string, make: () => T): T {
      if (!made.has(key)) made.set(key, make());
      return made.get(key) as T;
    },
  };
}
