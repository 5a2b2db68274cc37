/** What an error of `lmLint/surprisal` or `lmLint/cell` means for the surprise view; the codes are those of docs/protocol.md. */

const CANCELLED = -32800;
const CONTENT_MODIFIED = -32801;
const NOTHING_TO_TELL = -32803;

export interface Meaning {
  readonly reply: 'again' | 'none';
  /** Is it something that should not happen? */
  readonly isStrange: boolean;
}

export function meaningOf(error: unknown): Meaning {
  switch (codeOf(error)) {
    case CONTENT_MODIFIED:
      return { reply: 'again', isStrange: false };
    // Without a model there is nothing to paint; the view is painted when the server says that it is ready.
    case NOTHING_TO_TELL:
    case CANCELLED:
      return { reply: 'none', isStrange: false };
    default:
      return { reply: 'none', isStrange: true };
  }
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
