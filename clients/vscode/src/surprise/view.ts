/**
 * The surprise view: every token of the visible editors in the colour of its bits, while it is switched on; or in that
 * of what one cell of the network holds after it.
 */

import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { CONTEXTS, LANGUAGES, SCHEMES } from '../ids';
import type { SurpriseSettings } from '../settings';
import type { Chosen } from './cellCommand';
import { nameOf, SHADES, spansByShade, type CellAnswer } from './cells';
import { Delayed } from './delayed';
import { Heat, type Reply, type Screen } from './heat';
import { Legend, type Colour } from './legend';
import { LEVELS, spansByLevel, usable, type Answer, type Span } from './levels';
import type { Lines } from './lines';
import { meaningOf } from './replies';

const TYPING_MS = 80;
const SCROLLING_MS = 30;
const SELECTOR = SCHEMES.flatMap((scheme) => LANGUAGES.map((language) => ({ scheme, language })));

export interface Surroundings {
  readonly log: vscode.LogOutputChannel;
  /** The thresholds of the manifest, for settings that make no sense. */
  readonly defaultThresholdsBits: readonly number[];
  readonly colours: readonly Colour[];
  client(): LanguageClient | undefined;
  settings(): SurpriseSettings;
}

type AnyAnswer = Answer | CellAnswer;

interface Painted {
  readonly heat: Heat<AnyAnswer>;
  readonly soon: Delayed;
}

export class SurpriseView implements vscode.Disposable {
  readonly #toggled = new vscode.EventEmitter<boolean>();
  readonly #editors = new Map<vscode.TextEditor, Painted>();
  readonly #colours = Array.from({ length: LEVELS }, (_, idx) => decoration(`lmLint.surprise${idx + 1}`));
  readonly #shades = SHADES.map((shade) => decoration(`lmLint.cell.${shade}`));
  readonly #legend = new Legend();
  readonly #subscriptions: vscode.Disposable[];
  #isShown = false;
  /** The cell whose values are shown; undefined: the bits are. */
  #cell: Chosen | undefined;

  constructor(private readonly around: Surroundings) {
    this.#subscriptions = [
      vscode.workspace.onDidChangeTextDocument(({ document }) =>
        this.#soon(TYPING_MS, (editor) => editor.document === document),
      ),
      vscode.window.onDidChangeTextEditorVisibleRanges(({ textEditor }) =>
        this.#soon(SCROLLING_MS, (editor) => editor === textEditor),
      ),
      vscode.window.onDidChangeVisibleTextEditors(() => this.#follow()),
      // A document that becomes one of another language is closed and opened for extensions.
      vscode.workspace.onDidOpenTextDocument(() => this.#follow()),
    ];
  }

  readonly onDidToggle = this.#toggled.event;

  get isShown(): boolean {
    return this.#isShown;
  }

  /** Switches the view on or off; where a cell is shown, the bits take its place. */
  toggle(): void {
    const wasCell = this.#isShown && this.#cell !== undefined;
    this.#cell = undefined;
    this.#switch(wasCell || !this.#isShown);
  }

  showCell(cell: Chosen): void {
    this.#cell = cell;
    this.#switch(true);
  }

  hideCell(): void {
    if (this.#cell) this.#switch(false);
    this.#cell = undefined;
  }

  #switch(isShown: boolean): void {
    this.#isShown = isShown;
    void vscode.commands.executeCommand('setContext', CONTEXTS.surprise, this.#isShown);
    this.#toggled.fire(this.#isShown);
    this.repaint();
  }

  /** Everything may look different: the server was started, a model was loaded, settings have changed. */
  repaint(): void {
    this.#legend.show(this.#isShown, this.#thresholds(), this.#cell && nameOf(this.#cell));
    for (const { heat } of this.#editors.values()) heat.forget();
    this.#follow();
  }

  showLegend(): Promise<void> {
    return this.#legend.explain(this.#thresholds(), this.around.colours);
  }

  dispose(): void {
    for (const editor of this.#editors.keys()) this.#leave(editor);
    vscode.Disposable.from(
      ...this.#subscriptions,
      ...this.#colours,
      ...this.#shades,
      this.#legend,
      this.#toggled,
    ).dispose();
  }

  /** Paints the editors that are visible, and forgets the others: an editor that comes back is a new one. */
  #follow(): void {
    const visible = new Set(this.#isShown ? vscode.window.visibleTextEditors.filter(isOurs) : []);
    for (const editor of this.#editors.keys()) if (!visible.has(editor)) this.#leave(editor);
    for (const editor of visible) this.#enter(editor);
    this.#soon(0, () => true);
  }

  #enter(editor: vscode.TextEditor): void {
    if (this.#editors.has(editor)) return;
    const heat = new Heat<AnyAnswer>(this.#screen(editor), (lines, signal) =>
      this.#ask(editor.document, lines, signal),
    );
    const update = (): void => {
      heat.update().catch((error: unknown) => this.around.log.error(`The surprise view: ${String(error)}`));
    };
    this.#editors.set(editor, { heat, soon: new Delayed(update) });
  }

  #leave(editor: vscode.TextEditor): void {
    const painted = this.#editors.get(editor);
    painted?.soon.cancel();
    painted?.heat.clear();
    this.#editors.delete(editor);
  }

  #soon(delayMs: number, which: (editor: vscode.TextEditor) => boolean): void {
    for (const [editor, { soon }] of this.#editors) if (which(editor)) soon.in(delayMs);
  }

  #screen(editor: vscode.TextEditor): Screen<AnyAnswer> {
    return {
      version: () => editor.document.version,
      nLines: () => editor.document.lineCount,
      visible: () => editor.visibleRanges.map(({ start, end }) => ({ start: start.line, end: end.line + 1 })),
      paint: (answer) => this.#paint(editor, answer),
      clear: () => this.#draw(editor, [], []),
    };
  }

  #paint(editor: vscode.TextEditor, answer: AnyAnswer): void {
    if ('shades' in answer) this.#draw(editor, [], spansByShade(answer));
    else this.#draw(editor, spansByLevel(answer, this.#thresholds(), this.around.settings().blanks), []);
  }

  #draw(editor: vscode.TextEditor, levels: readonly Span[][], shades: readonly Span[][]): void {
    this.#colours.forEach((colour, idx) => editor.setDecorations(colour, (levels[idx] ?? []).map(toRange)));
    this.#shades.forEach((colour, idx) => editor.setDecorations(colour, (shades[idx] ?? []).map(toRange)));
  }

  #thresholds(): readonly number[] {
    return usable(this.around.settings().thresholdsBits) ?? this.around.defaultThresholdsBits;
  }

  async #ask(document: vscode.TextDocument, lines: Lines, signal: AbortSignal): Promise<Reply<AnyAnswer>> {
    const client = this.around.client();
    if (!client) return 'none';
    const cancel = new vscode.CancellationTokenSource();
    signal.addEventListener('abort', () => cancel.cancel());
    const params = {
      textDocument: { uri: client.code2ProtocolConverter.asUri(document.uri) },
      range: { start: { line: lines.start, character: 0 }, end: { line: lines.end, character: 0 } },
    };
    try {
      const cell = this.#cell;
      if (cell) return await client.sendRequest<CellAnswer>('lmLint/cell', { ...params, cell }, cancel.token);
      return await client.sendRequest<Answer>('lmLint/surprisal', params, cancel.token);
    } catch (error) {
      return this.#replyFor(error);
    } finally {
      cancel.dispose();
    }
  }

  #replyFor(error: unknown): 'again' | 'none' {
    const { reply, isStrange } = meaningOf(error);
    if (isStrange) this.around.log.warn(`The surprise view got no answer: ${String(error)}`);
    return reply;
  }
}

function decoration(colour: string): vscode.TextEditorDecorationType {
  return vscode.window.createTextEditorDecorationType({
    backgroundColor: new vscode.ThemeColor(colour),
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
  });
}

function isOurs(editor: vscode.TextEditor): boolean {
  return vscode.languages.match(SELECTOR, editor.document) > 0;
}

function toRange([line, start, endLine, end]: Span): vscode.Range {
  return new vscode.Range(line, start, endLine, end);
}
