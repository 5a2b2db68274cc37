/** What a cell of the network holds, in colours: which shade a token has, and which cells there are. Knows no editor. */

import type { Span } from './levels';

/** A cell of a layer; the server says what it is known to follow. */
export interface Cell {
  readonly layer: number;
  readonly unit: number;
  readonly property: string | null;
  readonly measure: string | null;
  readonly score: number | null;
}

/** The answer of `lmLint/cell`, as docs/protocol.md has it. */
export interface CellAnswer {
  readonly version: number | null;
  readonly ranges: readonly number[];
  readonly kinds: readonly number[];
  readonly values: readonly number[];
  readonly shades: readonly number[];
  readonly cell: Cell;
  readonly cells: readonly Cell[];
}

/** The colours that the manifest contributes, from the coolest to the warmest; between the third and the fourth is none. */
export const SHADES = ['cool3', 'cool2', 'cool1', 'warm1', 'warm2', 'warm3'] as const;

/** What is nearer to the middle than the first of these has no colour; 1 is what few tokens pass. */
const STEPS = [0.12, 0.4, 0.75];
const LINE_BREAK = 2;

/** The index of the colour, or undefined near the middle. */
export function shadeOf(shade: number): number | undefined {
  const steps = STEPS.filter((step) => Math.abs(shade) >= step).length;
  if (steps === 0) return undefined;
  return shade < 0 ? STEPS.length - steps : STEPS.length - 1 + steps;
}

/** The tokens of each colour. Line breaks are left out: what they hold shows in the token before. */
export function spansByShade(answer: CellAnswer): Span[][] {
  const res: Span[][] = SHADES.map(() => []);
  answer.shades.forEach((shade, idx) => {
    if (answer.kinds[idx] === LINE_BREAK) return;
    const [line = 0, start = 0, endLine = 0, end = 0] = answer.ranges.slice(4 * idx, 4 * idx + 4);
    const colour = shadeOf(shade);
    if (colour !== undefined) res[colour]?.push([line, start, endLine, end]);
  });
  return res;
}

export function nameOf(cell: Pick<Cell, 'layer' | 'unit'>): string {
  return `${cell.layer}:${cell.unit}`;
}

/** What a person typed, LAYER:UNIT, as a cell. */
export function cellOf(typed: string): Pick<Cell, 'layer' | 'unit'> | undefined {
  const found = /^\s*(\d+):(\d+)\s*$/.exec(typed);
  return found ? { layer: Number(found[1]), unit: Number(found[2]) } : undefined;
}

/** How well a cell follows what it is listed for. */
export function told(cell: Cell): string {
  if (cell.property === null || cell.score === null) return '';
  return `${cell.property}, ${cell.measure === 'R2' ? 'R²' : cell.measure} ${cell.score.toFixed(3)}`;
}
