/** Messages with buttons. Every notice leads to the log, and where something can be mended, to that. */

import * as vscode from 'vscode';
import { COMMANDS, SECTION } from './ids';
import type { Mend } from './resolve';

const BUTTONS: Record<Mend, { readonly title: string; readonly command: string; readonly argument?: string }> = {
  install: { title: 'Install lm-lint', command: COMMANDS.install },
  update: { title: 'Update lm-lint', command: COMMANDS.install },
  settings: { title: 'Open Settings', command: 'workbench.action.openSettings', argument: `${SECTION}.server` },
  log: { title: 'Show Log', command: COMMANDS.showLog },
};

export function warn(sentence: string, mends: readonly Mend[]): void {
  void ask(vscode.window.showWarningMessage(sentence, ...mends.map((mend) => BUTTONS[mend].title)), mends);
}

export function inform(sentence: string, mends: readonly Mend[] = []): void {
  void ask(vscode.window.showInformationMessage(sentence, ...mends.map((mend) => BUTTONS[mend].title)), mends);
}

/** An error with a button that runs a command, and one to the log. */
export async function fail(sentence: string, title?: string, command?: string): Promise<void> {
  const titles = title ? [title, BUTTONS.log.title] : [BUTTONS.log.title];
  const chosen = await vscode.window.showErrorMessage(sentence, ...titles);
  if (chosen === undefined) return;
  await vscode.commands.executeCommand(chosen === title && command ? command : COMMANDS.showLog);
}

async function ask(shown: Thenable<string | undefined>, mends: readonly Mend[]): Promise<void> {
  const chosen = await shown;
  const button = mends.map((mend) => BUTTONS[mend]).find((one) => one.title === chosen);
  if (button) await vscode.commands.executeCommand(button.command, ...(button.argument ? [button.argument] : []));
}
