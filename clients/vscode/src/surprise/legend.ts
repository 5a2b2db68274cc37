/** What the colours mean: in the tooltip of a status bar item while the view is shown, and in a list by a click. */

import * as vscode from 'vscode';
import { COMMANDS, LEGEND_ITEM } from '../ids';
import { legend } from './levels';

/** As the manifest contributes them. */
export interface Colour {
  readonly id: string;
  readonly defaults: { readonly light: string; readonly dark: string };
}

export class Legend implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem(LEGEND_ITEM, vscode.StatusBarAlignment.Right, 99);

  constructor() {
    this.#item.name = 'lm-lint: legend of the surprise view';
  }

  /** `cell`: the name of the cell that is shown instead of the bits. */
  show(isShown: boolean, thresholds: readonly number[], cell?: string): void {
    if (!isShown) {
      this.#item.hide();
      return;
    }
    this.#item.command = cell ? COMMANDS.showCell : COMMANDS.legend;
    if (cell) {
      this.#item.text = `$(symbol-color) cell ${cell}`;
      this.#item.tooltip = 'Warm where the cell says more, cool where it says less. A click chooses another.';
      this.#item.show();
      return;
    }
    this.#item.text = `$(symbol-color) 0 to ${thresholds.at(-1)}+ bits`;
    this.#item.tooltip = tooltip(thresholds);
    this.#item.show();
  }

  async explain(thresholds: readonly number[], colours: readonly Colour[]): Promise<void> {
    const hide = 'Hide the surprise view';
    const entries = legend(thresholds).map(({ bits, meaning }, idx) => ({
      label: bits,
      description: meaning,
      iconPath: square(idx + 1, colours),
    }));
    const separator = { label: '', kind: vscode.QuickPickItemKind.Separator };
    const chosen = await vscode.window.showQuickPick([...entries, separator, { label: `$(eye-closed) ${hide}` }], {
      title: 'How surprising a token is to the model',
      placeHolder: 'One bit more is half the probability',
    });
    if (chosen?.label.endsWith(hide)) await vscode.commands.executeCommand(COMMANDS.toggleSurprise);
  }

  dispose(): void {
    this.#item.dispose();
  }
}

/** The colours of the theme in use are variables of the workbench's style sheet. */
function tooltip(thresholds: readonly number[]): vscode.MarkdownString {
  const res = new vscode.MarkdownString('**How surprising each token is**\n\n');
  res.supportHtml = true;
  res.appendMarkdown('| | | |\n|--|--|--|\n');
  legend(thresholds).forEach(({ bits, meaning }, idx) => {
    const colour = `var(--vscode-lmLint-surprise${idx + 1})`;
    res.appendMarkdown(
      `| <span style="background-color:${colour};">&nbsp;&nbsp;&nbsp;&nbsp;</span> | ${bits} | ${meaning} |\n`,
    );
  });
  res.appendMarkdown('\nA click shows this as a list.');
  return res;
}

/** Pictures of lists take no colours of the theme, so they are drawn in those of the manifest or of the settings. */
function square(level: number, colours: readonly Colour[]): { light: vscode.Uri; dark: vscode.Uri } {
  const id = `lmLint.surprise${level}`;
  const set = vscode.workspace.getConfiguration('workbench').get<Record<string, unknown>>('colorCustomizations')?.[id];
  const defaults = colours.find((colour) => colour.id === id)?.defaults;
  const chosen = typeof set === 'string' ? { light: set, dark: set } : defaults;
  return { light: picture(chosen?.light ?? ''), dark: picture(chosen?.dark ?? '') };
}

function picture(colour: string): vscode.Uri {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect x="1" y="1" width="14" height="14" rx="2" fill="${colour}"/></svg>`;
  return vscode.Uri.parse(`data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`);
}
