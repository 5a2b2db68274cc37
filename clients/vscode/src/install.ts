/**
 * Makes the private environment: finds a Python that will do, `python -m venv`, `pip install`. Knows no editor: it
 * tells its steps to functions, and ends when a signal says so.
 */

import { rm } from 'node:fs/promises';
import { lastLine, NotRun, run, type Options } from './processes';
import { DEFAULT_PACKAGE, type InstallSettings } from './settings';
import { isAtLeast, MINIMUM_PYTHON } from './version';

/** A way to call a Python: the launcher of Windows takes the version as an argument. */
export interface Interpreter {
  readonly command: string;
  readonly args: readonly string[];
}

/** What a Python says of itself. */
export type Fitness =
  | { readonly kind: 'fit'; readonly version: string }
  | { readonly kind: 'old'; readonly version: string }
  | { readonly kind: 'incomplete'; readonly version: string }
  | { readonly kind: 'absent' };

export interface Installation {
  /** The folder of the environment. */
  readonly folder: string;
  /** The interpreter in it, once it is made. */
  readonly python: string;
  readonly settings: InstallSettings;
  /** A Python that somebody selected, to be tried before those of PATH. */
  readonly selected?: string;
}

export interface Watch {
  readonly cwd: string;
  readonly signal: AbortSignal;
  step(sentence: string): void;
  line(line: string): void;
}

/** A reason that a person can do something about. */
export class CannotInstall extends Error {}

const VERSIONS = ['3.13', '3.12', '3.11', '3.10'];
const TIMEOUT_MS = 20_000;
const ASK = 'import sys; print("python", *sys.version_info[:3], sep=" "); import venv, ensurepip; print("complete")';

/** Which Pythons to try, best first. One that was set is the only one. */
export function interpreters(set: string, selected: string | undefined, platform: NodeJS.Platform): Interpreter[] {
  if (set) return [{ command: set, args: [] }];
  const named = platform === 'win32' ? [] : VERSIONS.map((version) => ({ command: `python${version}`, args: [] }));
  const launcher = platform === 'win32' ? [{ command: 'py', args: ['-3'] }] : [];
  const usual = ['python3', 'python'].map((command) => ({ command, args: [] }));
  return [...(selected ? [{ command: selected, args: [] }] : []), ...launcher, ...usual, ...named];
}

export function fitnessIn(stdout: string): Fitness {
  const version = /^python (\d+ \d+ \d+)/m.exec(stdout)?.[1]?.replaceAll(' ', '.');
  if (!version) return { kind: 'absent' };
  if (!isAtLeast(version, MINIMUM_PYTHON)) return { kind: 'old', version };
  return { kind: /^complete/m.test(stdout) ? 'fit' : 'incomplete', version };
}

/** Why none of these will do, and what to do about it. */
export function noneFits(tried: readonly (readonly [Interpreter, Fitness])[], platform: NodeJS.Platform): string {
  const incomplete = tried.find(([, fitness]) => fitness.kind === 'incomplete');
  if (incomplete && incomplete[1].kind === 'incomplete') {
    const hint = platform === 'linux' ? ' On Debian and Ubuntu the package python3-venv has them.' : '';
    return `Python ${incomplete[1].version} (${incomplete[0].command}) lacks the modules venv and ensurepip.${hint}`;
  }
  const old = tried.find(([, fitness]) => fitness.kind === 'old');
  if (old && old[1].kind === 'old') {
    return `Python ${old[1].version} (${old[0].command}) is too old: lm-lint needs ${MINIMUM_PYTHON} or newer.`;
  }
  return `No Python was found: lm-lint needs Python ${MINIMUM_PYTHON} or newer.`;
}

export function fetching({ package: wanted }: InstallSettings): string {
  const name = wanted.split(/[\\/]/).at(-1) ?? wanted;
  return wanted === DEFAULT_PACKAGE
    ? `Installing ${name}: several hundred megabytes are fetched`
    : `Installing ${name}`;
}

export function pipArguments(settings: InstallSettings): string[] {
  return [
    '-m',
    'pip',
    'install',
    '--upgrade',
    '--no-input',
    '--disable-pip-version-check',
    ...settings.pipArguments,
    settings.package,
  ];
}

/** Makes the environment; what was half made is removed if that fails. Rejects with CannotInstall or NotRun. */
export async function install(wanted: Installation, watch: Watch): Promise<void> {
  watch.step('Looking for Python');
  const interpreter = await fitInterpreter(wanted, watch);
  try {
    watch.step('Creating the environment');
    const venv = [...interpreter.args, '-m', 'venv', '--clear', wanted.folder];
    await succeed(interpreter.command, venv, watch);
    watch.step(fetching(wanted.settings));
    await succeed(wanted.python, pipArguments(wanted.settings), watch);
  } catch (error) {
    await rm(wanted.folder, { recursive: true, force: true, maxRetries: 3 });
    throw error;
  }
}

async function fitInterpreter({ settings, selected }: Installation, watch: Watch): Promise<Interpreter> {
  const tried: [Interpreter, Fitness][] = [];
  for (const interpreter of interpreters(settings.python, selected, process.platform)) {
    const fitness = await ask(interpreter, { cwd: watch.cwd, signal: watch.signal, timeoutMs: TIMEOUT_MS });
    watch.line(`${[interpreter.command, ...interpreter.args].join(' ')}: ${told(fitness)}`);
    if (fitness.kind === 'fit') return interpreter;
    tried.push([interpreter, fitness]);
  }
  throw new CannotInstall(noneFits(tried, process.platform));
}

async function ask(interpreter: Interpreter, options: Options): Promise<Fitness> {
  try {
    return fitnessIn((await run(interpreter.command, [...interpreter.args, '-c', ASK], options)).stdout);
  } catch (error) {
    if (error instanceof NotRun && error.code !== 'CANCELLED') return { kind: 'absent' };
    throw error;
  }
}

function told(fitness: Fitness): string {
  return fitness.kind === 'absent' ? 'no Python' : `Python ${fitness.version}, ${fitness.kind}`;
}

async function succeed(command: string, args: readonly string[], watch: Watch): Promise<void> {
  watch.line(`> ${[command, ...args].join(' ')}`);
  const options = { cwd: watch.cwd, signal: watch.signal, onLine: (line: string) => watch.line(line) };
  const { status, stdout, stderr } = await run(command, args, options);
  if (status !== 0)
    throw new CannotInstall(lastLine(stderr) || lastLine(stdout) || `${command} ended with status ${status}.`);
}
