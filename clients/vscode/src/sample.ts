/** A small program with a slip, for a first look: an untitled document, so nothing is written anywhere. */

import * as vscode from 'vscode';

export async function openSample(extension: vscode.Uri): Promise<void> {
  const bytes = await vscode.workspace.fs.readFile(
    vscode.Uri.joinPath(extension, 'media', 'walkthrough', 'sample.c.txt'),
  );
  const content = new TextDecoder().decode(bytes);
  const document = await vscode.workspace.openTextDocument({ language: 'c', content });
  await vscode.window.showTextDocument(document);
}
