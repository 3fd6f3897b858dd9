/**
 * A deep copy of a protobuf message, several times faster than protobuf-es's `clone`, which walks descriptors. Messages
 * are plain data: objects, lists, bytes and scalars.
 */
export function copyMessage<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyMessage) as T;
  if (value instanceof Uint8Array) return value.slice() as T;
  const copy = Object.create(Object.getPrototypeOf(value)) as Record<string, unknown>;
  for (const name of Object.keys(value)) copy[name] = copyMessage((value as Record<string, unknown>)[name]);
  return copy as T;
}
