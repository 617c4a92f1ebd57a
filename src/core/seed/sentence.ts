/**
 * Sentences travel in frames, whose texts are bounded: one that is too long would be a bad frame
 * and end the link between two seeds. So whatever is quoted, from a stranger above all, is cut.
 */

/** Most characters of somebody else's words within a sentence. */
const quoteCharsMax = 300;

/** Most characters of a whole sentence; half of what a frame takes. */
export const sentenceCharsMax = 2_000;

/** Names in one sentence. */
const listedMax = 10;

/** The text, cut to this length. Never ends in half a character, which no wire carries. */
export function cut(text: string, charsMax: number = quoteCharsMax): string {
  const short = text.length <= charsMax ? text : `${text.slice(0, charsMax - 1)}…`;
  return short.toWellFormed();
}

/** Names in a row, however many there are. */
export function enumerated(names: readonly string[]): string {
  const listed = names.slice(0, listedMax).join(', ');
  const more = names.length - listedMax;
  return more > 0 ? `${listed} and ${more} more` : listed;
}
