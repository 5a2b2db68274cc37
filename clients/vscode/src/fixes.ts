/** Repairing all, now or on each save. */

import * as vscode from 'vscode';
import { LANGUAGES } from './ids';
import * as notices from './notices';

const KIND = 'source.fixAll.lmLint';

/** The editor's own way, so that progress, undo and "nothing to do" look as usual. */
export async function fixAll(): Promise<void> {
  await vscode.commands.executeCommand('editor.action.sourceAction', { kind: KIND, apply: 'first' });
}

/** Adds the kind to `editor.codeActionsOnSave` of the user, and leaves the others there alone. */
export async function enableFixOnSave(): Promise<void> {
  const settings = vscode.workspace.getConfiguration('editor');
  const set = settings.inspect<Record<string, unknown>>('codeActionsOnSave')?.globalValue ?? {};
  await settings.update('codeActionsOnSave', { ...set, [KIND]: 'explicit' }, vscode.ConfigurationTarget.Global);
  const overruling = LANGUAGES.filter((languageId) => {
    const found = vscode.workspace
      .getConfiguration('editor', { languageId })
      .get<Record<string, unknown>>('codeActionsOnSave');
    return found?.[KIND] !== 'explicit';
  });
  const but = overruling.length ? ` The settings of ${overruling.join(', ')} overrule that.` : '';
  notices.inform(`Files are repaired on save from now on, where lm-lint is sure.${but}`);
}
