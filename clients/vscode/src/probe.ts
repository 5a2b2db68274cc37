/** Finds out whether a candidate works: `lm-lint --version` answers without loading the model. */

import { lastLine, NotRun, run, type Finished } from './processes';
import type { Candidate, Probe } from './resolve';
import { isAtLeast, MINIMUM_SERVER, versionIn } from './version';

/** A cold disk, or a laptop that scans each new program for viruses, may take long. */
const TIMEOUT_MS = 30_000;

/** `cwd` is a folder of our own: `python -m` looks there first, and a workspace may hold anything. */
export async function probe(candidate: Candidate, cwd: string): Promise<Probe> {
  try {
    const args = [...candidate.args, '--version'];
    return judge(await run(candidate.command, args, { cwd, timeoutMs: TIMEOUT_MS }));
  } catch (error) {
    if (!(error instanceof NotRun)) throw error;
    return error.code === 'ENOENT' ? { kind: 'absent' } : { kind: 'broken', reason: sentence(error.message) };
  }
}

export function judge(finished: Finished): Probe {
  const version = versionIn(finished.stdout);
  if (finished.status === 0 && version) {
    return { kind: isAtLeast(version, MINIMUM_SERVER) ? 'works' : 'old', version };
  }
  if (/No module named '?lm_lint'?\s*$/.test(finished.stderr.trimEnd())) return { kind: 'absent' };
  const said = lastLine(finished.stderr) || lastLine(finished.stdout) || `exit status ${finished.status}`;
  return { kind: 'broken', reason: sentence(said) };
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
