/**
 * Keeps one editor painted: asks for the bits of what is visible, drops answers that are no longer true, and asks
 * again. Knows no editor: it is handed a screen to paint on and a way to ask.
 */

import { covers, wanted, type Lines } from './lines';

/** An answer says which version of the text it is about. */
export interface Versioned {
  readonly version: number | null;
}

export interface Screen<A extends Versioned> {
  version(): number;
  nLines(): number;
  visible(): readonly Lines[];
  paint(answer: A): void;
  clear(): void;
}

/** The server's answer; `again`: the text changed meanwhile; `none`: there is nothing to tell about this text. */
export type Reply<A extends Versioned> = A | 'again' | 'none';
export type Ask<A extends Versioned> = (lines: Lines, signal: AbortSignal) => Promise<Reply<A>>;

/** So many lines above and below the visible ones are painted, too. */
export const MARGIN_LINES = 60;

/** The text changes while it is read only so often; then a later change asks. */
const ATTEMPTS = 3;

export class Heat<A extends Versioned> {
  #painted: { readonly version: number; readonly lines: Lines } | undefined;
  #asking: AbortController | undefined;

  constructor(
    private readonly screen: Screen<A>,
    private readonly ask: Ask<A>,
  ) {}

  /** Paints what is visible, unless it is painted already. A later call ends an earlier one. */
  async update(): Promise<void> {
    const visible = wanted(this.screen.visible(), this.screen.nLines(), 0);
    if (!visible || this.#isPainted(visible)) return;
    this.#asking?.abort();
    const asking = new AbortController();
    this.#asking = asking;
    try {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (await this.#attempt(asking.signal)) return;
      }
    } finally {
      if (this.#asking === asking) this.#asking = undefined;
    }
  }

  /** What was painted is no longer true: another model, or other colours. */
  forget(): void {
    this.#painted = undefined;
  }

  clear(): void {
    this.#asking?.abort();
    this.#painted = undefined;
    this.screen.clear();
  }

  #isPainted(visible: Lines): boolean {
    const painted = this.#painted;
    return painted?.version === this.screen.version() && covers(painted.lines, visible);
  }

  /** One question; false: ask again. */
  async #attempt(signal: AbortSignal): Promise<boolean> {
    const version = this.screen.version();
    const lines = wanted(this.screen.visible(), this.screen.nLines(), MARGIN_LINES);
    if (!lines) return true;
    const reply = await this.ask(lines, signal);
    if (signal.aborted) return true;
    if (reply === 'none') {
      this.clear();
      return true;
    }
    // The colours move along with the text until there is an answer about this very version.
    if (reply === 'again' || reply.version !== version || version !== this.screen.version()) return false;
    this.#painted = { version, lines };
    this.screen.paint(reply);
    return true;
  }
}
