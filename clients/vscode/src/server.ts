/** Starts, stops and restarts the language server, and tells what became of it. Where it is found: resolve.ts. */

import * as readline from 'node:readline';
import * as vscode from 'vscode';
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  type CloseHandlerResult,
  type ErrorHandlerResult,
  type LanguageClientOptions,
} from 'vscode-languageclient/node';
import { COMMANDS, LANGUAGES, SCHEMES, SECTION } from './ids';
import * as notices from './notices';
import { isSame, type Candidate, type Decision } from './resolve';
import { Crashes, Merged } from './restarts';
import { levelOf } from './serverLog';
import type { ModelStatus, ServerState } from './serverState';
import { forServer, type Overrides } from './settings';

const LOADING: ModelStatus = { state: 'loading', model: null, device: null, busy: false, message: null };
const STOP_WITHIN_MS = 2_000;

/** What the server needs to be told by others. */
export interface Surroundings {
  readonly log: vscode.LogOutputChannel;
  /** Where the server runs: not in a workspace, which may hold modules of any name. */
  readonly cwd: string;
  find(): Promise<Decision>;
  args(): readonly string[];
  overrides(): Overrides;
}

export class Server implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<ServerState>();
  readonly #starting = new Merged(() => this.#startAnew());
  readonly #crashes = new Crashes();
  #client: LanguageClient | undefined;
  #candidate: Candidate | undefined;
  #state: ServerState = { kind: 'searching' };
  #isDisposed = false;

  constructor(private readonly around: Surroundings) {}

  readonly onDidChange = this.#changed.event;

  get state(): ServerState {
    return this.#state;
  }

  /** The client while it can be asked. */
  get client(): LanguageClient | undefined {
    return this.#client?.isRunning() ? this.#client : undefined;
  }

  /** How lm-lint was found, for other things that it can do. */
  get candidate(): Candidate | undefined {
    return this.#candidate;
  }

  /** Finds the server anew and starts it. Calls while that happens are merged into one more start. */
  restart(): Promise<void> {
    this.#crashes.forget();
    return this.#starting.run();
  }

  /** Makes room for another installation, and shows how far it is; `restart` ends that. */
  async makeRoom(step: string): Promise<void> {
    await this.stop();
    this.#become({ kind: 'installing', step });
  }

  /** Starts anew only if another server would be found than the one that runs. */
  async restartIfOther(): Promise<void> {
    const found = await this.around.find();
    const current = this.#candidate;
    if (found.kind === 'start' && current && isSame(found.candidate, current)) return;
    if (found.kind === 'missing' && !current) return;
    await this.restart();
  }

  /** Lets the server ask for its settings again. */
  async tellSettings(): Promise<void> {
    await this.client?.sendNotification('workspace/didChangeConfiguration', { settings: null });
  }

  async stop(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    if (!client) return;
    try {
      await client.dispose(STOP_WITHIN_MS);
    } catch (error) {
      // A server that had crashed, or that was still starting, has nothing to shut down.
      this.around.log.debug(`Stopping the server: ${String(error)}`);
    }
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true;
    await this.stop();
    this.#changed.dispose();
  }

  async #startAnew(): Promise<void> {
    await this.stop();
    if (this.#isDisposed) return;
    this.#become({ kind: 'searching' });
    const found = await this.around.find();
    if (found.kind === 'missing') {
      this.#candidate = undefined;
      this.#become({ kind: 'missing', sentence: found.sentence });
      this.around.log.warn(found.sentence);
      notices.warn(found.sentence, found.mends);
      return;
    }
    await this.#start(found.candidate, found.version);
  }

  async #start(candidate: Candidate, version: string): Promise<void> {
    this.#candidate = candidate;
    const command = [candidate.command, ...candidate.args, 'server', ...this.around.args()];
    const about = { called: command.join(' '), version };
    this.around.log.info(`Starting lm-lint ${version} (${candidate.source}): ${about.called}`);
    this.#become({ kind: 'starting', ...about });
    const [program = '', ...args] = command;
    const client = new LanguageClient(
      SECTION,
      'lm-lint',
      { command: program, args, options: { cwd: this.around.cwd } },
      this.#options(),
    );
    this.#client = client;
    client.onNotification('lmLint/status', (status: ModelStatus) => {
      if (this.#client === client) this.#become({ kind: 'running', ...about, status });
    });
    try {
      await client.start();
      if (this.#state.kind === 'starting') this.#become({ kind: 'running', ...about, status: LOADING });
    } catch (error) {
      this.#failed(`lm-lint's server did not start: ${messageOf(error)}`);
    }
  }

  #options(): LanguageClientOptions {
    const settings = (section: unknown): unknown => forServer(section, this.around.overrides());
    return {
      documentSelector: SCHEMES.flatMap((scheme) => LANGUAGES.map((language) => ({ scheme, language }))),
      outputChannel: this.around.log,
      diagnosticPullOptions: { onChange: true, onSave: true },
      initializationOptions: settings(vscode.workspace.getConfiguration().get(SECTION)),
      initializationFailedHandler: () => false,
      errorHandler: { error: () => this.#onError(), closed: () => this.#onClosed() },
      stdioOptions: {
        stdout: () => undefined, // that is the protocol's
        stderr: (input, log) => {
          readline.createInterface({ input }).on('line', (line) => log[levelOf(line)](line));
        },
      },
      // Asked for with each change; what is sent along would not be the settings of each folder.
      synchronize: { configurationSection: SECTION },
      middleware: {
        workspace: {
          configuration: async (params, token, next) => {
            const answers = await next(params, token);
            if (!Array.isArray(answers)) return answers;
            return answers.map((answer: unknown, idx) =>
              params.items[idx]?.section === SECTION ? settings(answer) : answer,
            );
          },
          didChangeConfiguration: () => this.tellSettings(),
        },
      },
    };
  }

  #onError(): ErrorHandlerResult {
    return { action: ErrorAction.Continue, handled: true };
  }

  /** The process has gone, though nobody stopped it. */
  #onClosed(): CloseHandlerResult {
    if (this.#state.kind === 'starting') {
      return { action: CloseAction.DoNotRestart, handled: true, message: 'The server ended while it was starting.' };
    }
    if (!this.#crashes.add()) {
      this.#failed("lm-lint's server ended again and again, so it is not started any more.");
      return { action: CloseAction.DoNotRestart, handled: true, message: 'The server ended too often.' };
    }
    notices.inform("lm-lint's server ended unexpectedly and was started again.", ['log']);
    if (this.#state.kind === 'running') this.#become({ ...this.#state, status: LOADING });
    return {
      action: CloseAction.Restart,
      handled: true,
      message: 'The server ended unexpectedly; it is started again.',
    };
  }

  #failed(sentence: string): void {
    if (this.#isDisposed) return;
    this.#become({ kind: 'stopped', sentence });
    this.around.log.error(sentence);
    void notices.fail(sentence, 'Restart', COMMANDS.restart);
  }

  #become(state: ServerState): void {
    this.#state = state;
    this.#changed.fire(state);
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
