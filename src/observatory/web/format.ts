/** Milliseconds as people read them: 0.8 ms, 12 ms, 3.4 s, 2:05 min. */
export function duration(ms: number | null): string {
  if (ms === null) return '–';
  const size = Math.abs(ms);
  if (size < 10) return `${ms.toFixed(1)} ms`;
  if (size < 1_000) return `${ms.toFixed(0)} ms`;
  if (size < 100_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${clock(ms)} min`;
}

/** Minutes and seconds since the start: 0:07, 12:30. */
export function clock(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** A share; never 100 % of what is not whole, never 0 % of what has begun. */
export function percent(share: number): string {
  if (share > 0 && share < 0.01) return '< 1 %';
  if (share < 1 && share > 0.99) return '> 99 %';
  return `${Math.round(100 * share)} %`;
}

/** A count with thin spaces between thousands. */
export function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, '\u2009');
}

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** Names nodes as short as they stay apart: by port alone while all are on one host. */
export class Names {
  #host: string | undefined;
  #isOneHost = true;

  /** Takes note of an address. */
  hear(id: string): void {
    const host = id.slice(0, id.lastIndexOf(':'));
    this.#host ??= host;
    if (host !== this.#host) this.#isOneHost = false;
  }

  short(id: string): string {
    return this.#isOneHost ? id.slice(id.lastIndexOf(':') + 1) : id;
  }
}
