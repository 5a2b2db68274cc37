/** The menu of the status bar item. */

import * as vscode from 'vscode';
import { COMMANDS, EXTENSION } from './ids';
import { isReady, view, type ServerState } from './serverState';

interface Entry extends vscode.QuickPickItem {
  readonly command?: string;
}

export async function showMenu(state: ServerState, isSurpriseShown: boolean): Promise<void> {
  const { headline, facts } = view(state);
  const shown = facts.filter(([name]) => name !== 'Command').map(([name, value]) => `${name}: ${value}`);
  const chosen = await vscode.window.showQuickPick<Entry>(entries(state, isSurpriseShown), {
    title: 'lm-lint',
    placeHolder: [headline, ...shown].join(' · '),
  });
  if (!chosen?.command) return;
  const isSettings = chosen.command === 'workbench.action.openSettings';
  await vscode.commands.executeCommand(chosen.command, ...(isSettings ? [`@ext:${EXTENSION}`] : []));
}

function entries(state: ServerState, isSurpriseShown: boolean): Entry[] {
  const missing: Entry[] =
    state.kind === 'missing'
      ? [entry('cloud-download', 'Install lm-lint', 'into an environment of its own', COMMANDS.install)]
      : [];
  const surprise = isSurpriseShown ? 'Hide the surprise view' : 'Show the surprise view';
  const ready: Entry[] = isReady(state)
    ? [
        entry('symbol-color', surprise, 'every token in the colour of its bits', COMMANDS.toggleSurprise),
        entry('circuit-board', 'Show a cell', 'what one cell of the network follows', COMMANDS.showCell),
        entry('wand', 'Repair all in this file', 'all that lm-lint is sure of', COMMANDS.fixAll),
      ]
    : [];
  return [
    ...missing,
    ...ready,
    separator('Server'),
    entry('refresh', 'Restart', 'find and start the server anew', COMMANDS.restart),
    entry('output', 'Show log', '', COMMANDS.showLog),
    entry('symbol-misc', 'Switch model', 'choose a folder', COMMANDS.chooseModel),
    entry('pulse', 'Doctor', 'what is installed, how fast it is, what is wrong', COMMANDS.doctor),
    separator('Help'),
    entry('settings-gear', 'Settings', '', 'workbench.action.openSettings'),
    entry('book', 'Walkthrough', 'the first steps', COMMANDS.walkthrough),
  ];
}

function entry(icon: string, label: string, description: string, command: string): Entry {
  return { label: `$(${icon}) ${label}`, description, command };
}

function separator(label: string): Entry {
  return { label, kind: vscode.QuickPickItemKind.Separator };
}
