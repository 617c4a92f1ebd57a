/** Keeps a Map or Set within its bound: they iterate in the order of insertion. */
export function dropOldest<Key>(
  memory: { readonly size: number; keys(): Iterable<Key>; delete(key: Key): boolean },
  sizeMax: number,
): void {
  if (memory.size <= sizeMax) return;
  for (const oldest of memory.keys()) {
    memory.delete(oldest);
    return;
  }
}
