/** The command that installs the server into the private environment, with progress, a way to cancel, and the log. */

import { mkdir } from 'node:fs/promises';
import * as vscode from 'vscode';
import { COMMANDS } from './ids';
import { CannotInstall, install, type Installation } from './install';
import * as notices from './notices';
import { NotRun } from './processes';
import { messageOf } from './server';

export interface Surroundings {
  readonly log: vscode.LogOutputChannel;
  readonly cwd: string;
  wanted(): Promise<Installation>;
  /** The environment that is replaced must not be in use. Called with each step. */
  makeRoom(step: string): Promise<void>;
  restartServer(): Promise<void>;
}

let isInstalling = false;

export async function installServer(around: Surroundings): Promise<void> {
  if (isInstalling) {
    around.log.show(true);
    return;
  }
  isInstalling = true;
  try {
    const isDone = await withProgress(around);
    await around.restartServer();
    if (isDone) notices.inform('lm-lint is installed in an environment of its own.', ['log']);
  } finally {
    isInstalling = false;
  }
}

/** True if there is a new environment; why not is told here. */
async function withProgress(around: Surroundings): Promise<boolean> {
  const options = { location: vscode.ProgressLocation.Notification, title: 'lm-lint', cancellable: true };
  return vscode.window.withProgress(options, async (progress, token) => {
    const stop = new AbortController();
    token.onCancellationRequested(() => stop.abort());
    try {
      const wanted = await around.wanted();
      await mkdir(around.cwd, { recursive: true });
      await around.makeRoom('Starting');
      await install(wanted, {
        cwd: around.cwd,
        signal: stop.signal,
        step: (sentence) => {
          around.log.info(sentence);
          progress.report({ message: sentence });
          void around.makeRoom(sentence);
        },
        line: (line) => around.log.info(line),
      });
      return true;
    } catch (error) {
      tell(error, around.log);
      return false;
    }
  });
}

function tell(error: unknown, log: vscode.LogOutputChannel): void {
  if (error instanceof NotRun && error.code === 'CANCELLED') {
    log.info('The installation was cancelled.');
    return;
  }
  const reason = messageOf(error);
  log.error(`The installation failed: ${reason}`);
  const sentence =
    error instanceof CannotInstall ? `lm-lint was not installed. ${reason}` : `Installing lm-lint failed: ${reason}`;
  void notices.fail(sentence, 'Try Again', COMMANDS.install);
}
