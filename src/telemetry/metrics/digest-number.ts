/** As much of a hexadecimal digest as a float64 holds exactly: its first 48 bits. */
export function digestNumber(digest: string): number {
  return digest === '' ? 0 : Number.parseInt(digest.slice(0, 12), 16);
}
