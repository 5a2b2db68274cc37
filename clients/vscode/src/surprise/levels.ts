/** From bits to colours: which of the levels a token is at, and what each level means. Knows no editor. */

/** How many colours the manifest contributes: `lmLint.surprise1` to `lmLint.surprise7`. */
export const LEVELS = 7;

/** The answer of `lmLint/surprisal`, as docs/protocol.md has it. */
export interface Answer {
  readonly version: number | null;
  readonly ranges: readonly number[];
  readonly kinds: readonly number[];
  readonly surprisalBits: readonly number[];
  readonly entropyBits: readonly number[];
}

/** Start line, start character, end line, end character. */
export type Span = readonly [number, number, number, number];

const VISIBLE = 0;

/** Thresholds that divide the bits into as many levels as there are colours, or undefined. */
export function usable(thresholds: readonly number[]): readonly number[] | undefined {
  const rises = thresholds.every((bits, idx) => bits > (thresholds[idx - 1] ?? 0));
  return thresholds.length === LEVELS - 1 && rises ? thresholds : undefined;
}

/** The index of the colour, from 0. A threshold belongs to the level above it. */
export function levelOf(bits: number, thresholds: readonly number[]): number {
  const idx = thresholds.findIndex((threshold) => bits < threshold);
  return idx < 0 ? thresholds.length : idx;
}

/** The tokens of each level. Blanks and line breaks are left out unless they are wanted. */
export function spansByLevel(answer: Answer, thresholds: readonly number[], blanks: boolean): Span[][] {
  const res: Span[][] = Array.from({ length: thresholds.length + 1 }, () => []);
  answer.surprisalBits.forEach((bits, idx) => {
    if (answer.kinds[idx] !== VISIBLE && !blanks) return;
    const [line = 0, start = 0, endLine = 0, end = 0] = answer.ranges.slice(4 * idx, 4 * idx + 4);
    res[levelOf(bits, thresholds)]?.push([line, start, endLine, end]);
  });
  return res;
}

export interface LegendEntry {
  readonly bits: string;
  readonly meaning: string;
}

/** What each colour says, from the least surprising on. Seven bits are one chance in 128. */
export function legend(thresholds: readonly number[]): LegendEntry[] {
  const chances = (bits: number): string => `1 in ${Math.round(2 ** bits).toLocaleString('en')}`;
  return [0, ...thresholds].map((low, idx) => {
    const high = thresholds[idx];
    if (high === undefined) return { bits: `${low} bits and more`, meaning: `less likely than ${chances(low)}` };
    return low === 0
      ? { bits: `below ${high} ${high === 1 ? 'bit' : 'bits'}`, meaning: `likelier than ${chances(high)}` }
      : { bits: `${low} to ${high} bits`, meaning: `${chances(low)} to ${chances(high)}` };
  });
}
