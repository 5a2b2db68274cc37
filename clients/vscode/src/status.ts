/** The status bar item: state, model and device of the server; a click opens the menu. */

import * as vscode from 'vscode';
import { COMMANDS, CONTEXTS, STATUS_ITEM } from './ids';
import { isReady, view, type ServerState, type View } from './serverState';

const BACKGROUNDS: Record<View['look'], vscode.ThemeColor | undefined> = {
  plain: undefined,
  warning: new vscode.ThemeColor('statusBarItem.warningBackground'),
  error: new vscode.ThemeColor('statusBarItem.errorBackground'),
};

export class StatusItem implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem(STATUS_ITEM, vscode.StatusBarAlignment.Right, 100);

  constructor() {
    this.#item.name = 'lm-lint';
    this.#item.command = COMMANDS.menu;
    this.#item.show();
  }

  show(state: ServerState): void {
    const shown = view(state);
    this.#item.text = shown.text;
    this.#item.backgroundColor = BACKGROUNDS[shown.look];
    this.#item.tooltip = tooltip(shown);
    this.#item.accessibilityInformation = { label: `lm-lint: ${shown.headline}`, role: 'button' };
    void vscode.commands.executeCommand('setContext', CONTEXTS.ready, isReady(state));
  }

  dispose(): void {
    this.#item.dispose();
  }
}

function tooltip(shown: View): vscode.MarkdownString {
  const res = new vscode.MarkdownString(undefined, true);
  res.appendMarkdown('**lm-lint**: ').appendText(shown.headline).appendMarkdown('\n\n');
  for (const [name, value] of shown.facts) {
    res.appendMarkdown(`${name}: `).appendText(value).appendMarkdown('  \n');
  }
  res.appendMarkdown('\n\nClick for the menu.');
  return res;
}
