/** Short-lived programs: run one, keep what it says, end it when nobody waits any more. Knows no editor. */

import { spawn } from 'node:child_process';

export interface Finished {
  /** null: ended by a signal. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Options {
  readonly cwd?: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Called for each line of either stream. */
  readonly onLine?: (line: string) => void;
}

/** Why a program gave no answer; `code` is that of the system (`ENOENT`), or `TIMEOUT` or `CANCELLED`. */
export class NotRun extends Error {
  constructor(
    message: string,
    readonly code: string,
  ) {
    super(message);
  }
}

/** Runs a program to its end. Rejects with NotRun where it could not start, took too long or was cancelled. */
export function run(command: string, args: readonly string[], options: Options = {}): Promise<Finished> {
  return new Promise((resolve, reject) => {
    // Its own process group, so that what pip starts ends with it.
    const detached = process.platform !== 'win32';
    const child = spawn(command, [...args], {
      cwd: options.cwd,
      detached,
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    const [stdout, stderr] = [new Lines(options.onLine), new Lines(options.onLine)];
    child.stdout.setEncoding('utf8').on('data', (text: string) => stdout.push(text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => stderr.push(text));

    let why: NotRun | undefined;
    const end = (reason: NotRun): void => {
      why ??= reason;
      kill(child.pid, detached);
    };
    const cancel = (): void => end(new NotRun('cancelled', 'CANCELLED'));
    const timer =
      options.timeoutMs && setTimeout(() => end(tookTooLong(command, options.timeoutMs)), options.timeoutMs);
    const done = (): void => {
      if (timer) clearTimeout(timer);
      options.signal?.removeEventListener('abort', cancel);
    };
    options.signal?.addEventListener('abort', cancel);
    if (options.signal?.aborted) cancel();

    child.on('error', (error: NodeJS.ErrnoException) => {
      done();
      reject(new NotRun(error.message, error.code ?? 'UNKNOWN'));
    });
    child.on('close', (status) => {
      done();
      if (why) reject(why);
      else resolve({ status, stdout: stdout.end(), stderr: stderr.end() });
    });
  });
}

/** The last line that says something: where Python and pip say what went wrong. */
export function lastLine(text: string): string {
  return text.trim().split(/\r?\n/).at(-1)?.trim() ?? '';
}

function tookTooLong(command: string, timeoutMs = 0): NotRun {
  return new NotRun(`${command} gave no answer within ${timeoutMs / 1000} s`, 'TIMEOUT');
}

function kill(pid: number | undefined, detached: boolean): void {
  if (pid === undefined) return;
  try {
    process.kill(detached ? -pid : pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

/** Gathers a stream and tells its lines as they are complete. */
class Lines {
  #text = '';
  #told = 0;

  constructor(private readonly onLine?: (line: string) => void) {}

  push(text: string): void {
    this.#text += text;
    if (!this.onLine) return;
    for (let end; (end = this.#text.indexOf('\n', this.#told)) >= 0; this.#told = end + 1) {
      this.onLine(this.#text.slice(this.#told, end).trimEnd());
    }
  }

  end(): string {
    const rest = this.#text.slice(this.#told).trimEnd();
    if (rest) this.onLine?.(rest);
    return this.#text;
  }
}
