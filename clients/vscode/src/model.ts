/** Switching to another model: a folder is chosen, looked at, and written to the settings; the server does the rest. */

import * as vscode from 'vscode';
import { SECTION } from './ids';
import * as notices from './notices';

const PARTS = ['config.json', 'model.safetensors', 'tokenizer.json'];
const SHIPPED = 'The model that ships with lm-lint';
const CHOOSE = 'Another folder...';

export async function chooseModel(): Promise<void> {
  const current = vscode.workspace.getConfiguration(SECTION).get<string | null>('model');
  const chosen = await vscode.window.showQuickPick(
    [
      { label: SHIPPED, description: current ? undefined : 'in use' },
      ...(current ? [{ label: current, description: 'in use' }] : []),
      { label: CHOOSE, description: 'a folder with a released model' },
    ],
    { title: 'lm-lint: model', placeHolder: 'Which model reads your files' },
  );
  if (chosen?.label === SHIPPED) await write(undefined);
  if (chosen?.label === CHOOSE) await chooseFolder();
}

async function chooseFolder(): Promise<void> {
  const options = {
    canSelectFiles: false,
    canSelectFolders: true,
    openLabel: 'Use This Model',
    title: 'A released model of lm-lint',
  };
  const folder = (await vscode.window.showOpenDialog(options))?.[0];
  if (!folder) return;
  const missing = await missingParts(folder);
  if (missing.length)
    return notices.fail(`${folder.fsPath} is no model of lm-lint: it has no ${missing.join(', no ')}.`);
  await write(folder.fsPath);
}

async function missingParts(folder: vscode.Uri): Promise<string[]> {
  const names = new Set((await vscode.workspace.fs.readDirectory(folder)).map(([name]) => name));
  return PARTS.filter((part) => !names.has(part));
}

/** Where the setting is set already, else for the user. */
async function write(model: string | undefined): Promise<void> {
  const settings = vscode.workspace.getConfiguration(SECTION);
  const isInWorkspace = settings.inspect('model')?.workspaceValue !== undefined;
  const target = isInWorkspace ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global;
  await settings.update('model', model, target);
}
