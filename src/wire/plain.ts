/**
 * A control frame's body is a MessagePack map of plain data. MessagePack decoders also build what
 * their extensions describe (dates, regular expressions, errors, typed arrays, compiled records),
 * and believe the lengths they read; none of that may be the sender's choice. So the bytes are
 * walked once before they are decoded: no extensions, no binary, no depth, nothing beyond the end.
 */

/** Containers within containers. The deepest message (VOTE in COPY_RESULT's manner) needs 4. */
const depthMax = 8;

/** What is wrong with `bytes` as one plain MessagePack map; undefined when nothing is. */
export function plainMapProblem(bytes: Uint8Array): string | undefined {
  if (!isMap(bytes[0])) return 'the body is not a map';
  const walk = new PlainWalk(bytes);
  const problem = walk.value(0);
  if (problem !== undefined) return problem;
  return walk.position === bytes.length ? undefined : 'bytes follow the map';
}

class PlainWalk {
  readonly #bytes: Uint8Array;
  position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Steps over one value and all that it contains. */
  value(depth: number): string | undefined {
    const token = this.#bytes[this.position];
    if (token === undefined) return endsWithin;
    this.position += 1;
    if (token <= 0x7f || token >= 0xe0) return undefined;
    if (token <= 0x8f) return this.#items(2 * (token & 0x0f), depth);
    if (token <= 0x9f) return this.#items(token & 0x0f, depth);
    if (token <= 0xbf) return this.#skip(token & 0x1f);
    return this.#typed(token, depth);
  }

  /** Tokens from 0xc0 to 0xdf say their type, and lengths in bytes of their own. */
  #typed(token: number, depth: number): string | undefined {
    switch (token) {
      case 0xc0: // nil, false, true
      case 0xc2:
      case 0xc3:
        return undefined;
      case 0xca: // float32, uint32, int32
      case 0xce:
      case 0xd2:
        return this.#skip(4);
      case 0xcb: // float64, uint64, int64
      case 0xcf:
      case 0xd3:
        return this.#skip(8);
      case 0xcc: // uint8, int8
      case 0xd0:
        return this.#skip(1);
      case 0xcd: // uint16, int16
      case 0xd1:
        return this.#skip(2);
      case 0xd9: // strings
        return this.#skip(this.#length(1));
      case 0xda:
        return this.#skip(this.#length(2));
      case 0xdb:
        return this.#skip(this.#length(4));
      case 0xdc: // arrays
        return this.#items(this.#length(2), depth);
      case 0xdd:
        return this.#items(this.#length(4), depth);
      case 0xde: // maps
        return this.#items(2 * this.#length(2), depth);
      case 0xdf:
        return this.#items(2 * this.#length(4), depth);
      default:
        return `the body holds a value of type 0x${token.toString(16)}, which is not plain data`;
    }
  }

  #items(count: number, depth: number): string | undefined {
    if (depth === depthMax) return `the body is nested deeper than ${depthMax}`;
    // Every item takes a byte at least: a count that cannot be true is refused, not tried.
    if (count > this.#bytes.length - this.position) return endsWithin;
    for (let i = 0; i < count; i += 1) {
      const problem = this.value(depth + 1);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  #skip(bytes: number): string | undefined {
    this.position += bytes;
    return this.position > this.#bytes.length ? endsWithin : undefined;
  }

  /** A big-endian length; one that is cut off by the end reads as too long. */
  #length(bytes: number): number {
    let length = 0;
    for (let i = 0; i < bytes; i += 1) {
      length = length * 256 + (this.#bytes[this.position + i] ?? Number.POSITIVE_INFINITY);
    }
    this.position += bytes;
    return length;
  }
}

const endsWithin = 'the body ends within a value';

function isMap(token: number | undefined): boolean {
  if (token === undefined) return false;
  return (token >= 0x80 && token <= 0x8f) || token === 0xde || token === 0xdf;
}
