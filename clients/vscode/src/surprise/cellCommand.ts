/** Which cell of the network is to be shown: those that are known, or any by its name. */

import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { cellOf, nameOf, told, type Cell, type CellAnswer } from './cells';

export type Chosen = Pick<Cell, 'layer' | 'unit'>;

interface Entry extends vscode.QuickPickItem {
  readonly cell?: Chosen;
  readonly isTyped?: boolean;
}

/** Undefined: nothing was chosen, or there is nothing to choose from, which was said. */
export async function chooseCell(client: LanguageClient | undefined): Promise<Chosen | undefined> {
  const document = vscode.window.activeTextEditor?.document;
  if (!client || !document) {
    void vscode.window.showInformationMessage('lm-lint: no file is open, or the model is not there yet.');
    return undefined;
  }
  const known = await knownCells(client, document);
  const entries: Entry[] = known.map((cell) => ({ label: nameOf(cell), description: told(cell), cell }));
  const other: Entry = { label: '$(edit) Another cell', description: 'by its name, LAYER:UNIT', isTyped: true };
  const chosen = await vscode.window.showQuickPick([...entries, other], {
    title: 'A cell of the network',
    placeHolder: 'Warm where the cell says more, cool where it says less',
    matchOnDescription: true,
  });
  return chosen?.isTyped ? typed() : chosen?.cell;
}

async function typed(): Promise<Chosen | undefined> {
  const text = await vscode.window.showInputBox({
    title: 'A cell of the network',
    placeHolder: 'LAYER:UNIT, as in 2:117',
    validateInput: (value) => (cellOf(value) ? undefined : 'A layer and a unit, as in 2:117'),
  });
  return cellOf(text ?? '');
}

/** The answer about any token names all cells of the language; a model that nobody has looked into has none. */
async function knownCells(client: LanguageClient, document: vscode.TextDocument): Promise<readonly Cell[]> {
  const start = { line: 0, character: 0 };
  const params = {
    textDocument: { uri: client.code2ProtocolConverter.asUri(document.uri) },
    range: { start, end: start },
  };
  try {
    return (await client.sendRequest<CellAnswer>('lmLint/cell', params)).cells;
  } catch (error) {
    void vscode.window.showInformationMessage(`lm-lint: ${error instanceof Error ? error.message : String(error)}`);
    return [];
  }
}
