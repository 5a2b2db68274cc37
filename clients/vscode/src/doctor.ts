/** `lm-lint doctor` says what is installed, how fast it is, and what is wrong; shown in the log. */

import * as vscode from 'vscode';
import * as notices from './notices';
import { run } from './processes';
import type { Candidate } from './resolve';
import { messageOf } from './server';

export async function doctor(candidate: Candidate, cwd: string, log: vscode.LogOutputChannel): Promise<void> {
  log.show(true);
  const options = { location: vscode.ProgressLocation.Notification, title: 'lm-lint is examined', cancellable: true };
  await vscode.window.withProgress(options, async (_, token) => {
    const stop = new AbortController();
    token.onCancellationRequested(() => stop.abort());
    try {
      log.info('lm-lint doctor');
      const args = [...candidate.args, 'doctor'];
      const { status } = await run(candidate.command, args, {
        cwd,
        signal: stop.signal,
        onLine: (line) => log.info(line),
      });
      if (status !== 0) void notices.fail('lm-lint doctor found something that is broken; the log says what.');
    } catch (error) {
      if (!stop.signal.aborted) void notices.fail(`lm-lint doctor did not run: ${messageOf(error)}`);
    }
  });
}
