/** Which lines to ask for: what is visible and some more, so that a turn of the wheel needs no question. */

/** Half-open. */
export interface Lines {
  readonly start: number;
  readonly end: number;
}

/** One stretch from the first visible line to the last: folded parts between are cheaper than a question each. */
export function wanted(visible: readonly Lines[], nLines: number, margin: number): Lines | undefined {
  if (visible.length === 0) return undefined;
  const start = Math.min(...visible.map((lines) => lines.start)) - margin;
  const end = Math.max(...visible.map((lines) => lines.end)) + margin;
  const res = { start: Math.max(0, start), end: Math.min(nLines, end) };
  return res.start < res.end ? res : undefined;
}

/** Are all visible lines among those that are painted? */
export function covers(painted: Lines, visible: Lines): boolean {
  return painted.start <= visible.start && visible.end <= painted.end;
}
