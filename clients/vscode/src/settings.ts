/**
 * The settings that the extension itself reads, typed, and those of the server on their way to it. The manifest is
 * the only home of names and defaults. Knows no editor: a way to read a value is handed in.
 */

/** `workspace.getConfiguration('lmLint').get`. */
export type Reader = (name: string) => unknown;

export interface ClientSettings {
  readonly path: string;
  readonly args: readonly string[];
  readonly interpreter: string;
  readonly install: InstallSettings;
  readonly surprise: SurpriseSettings;
}

export interface InstallSettings {
  readonly package: string;
  readonly pipArguments: readonly string[];
  readonly python: string;
}

export interface SurpriseSettings {
  /** Where one colour ends and the next begins, in bits, rising. */
  readonly thresholdsBits: readonly number[];
  readonly blanks: boolean;
  readonly hover: boolean;
}

/** What is installed unless somebody wants a wheel or a folder. */
export const DEFAULT_PACKAGE = 'lm-lint';

/** Groups of `lmLint` that are the extension's own; the server would call them unknown. */
const OWN_GROUPS = ['server', 'install', 'surprise'];

/** What the server should be told differently from what is written in the settings. */
export interface Overrides {
  /** While the surprise view is shown, the hover is on, too. */
  readonly hover: boolean;
}

export function clientSettings(read: Reader): ClientSettings {
  return {
    path: text(read('server.path')),
    args: texts(read('server.args')),
    interpreter: text(read('server.interpreter')),
    install: {
      package: text(read('install.package')) || DEFAULT_PACKAGE,
      pipArguments: texts(read('install.pipArguments')),
      python: text(read('install.python')),
    },
    surprise: {
      thresholdsBits: numbers(read('surprise.thresholdsBits')),
      blanks: read('surprise.blanks') === true,
      hover: read('surprise.hover') !== false,
    },
  };
}

/** The section `lmLint` as the server wants it. */
export function forServer(section: unknown, overrides: Overrides): unknown {
  if (!isObject(section)) return overrides.hover ? { hover: { enable: true } } : section;
  const res = Object.fromEntries(Object.entries(section).filter(([group]) => !OWN_GROUPS.includes(group)));
  if (isObject(res.trace)) {
    // `trace.server` is the client library's, `trace.log` the server's.
    res.trace = Object.fromEntries(Object.entries(res.trace).filter(([name]) => name !== 'server'));
  }
  if (overrides.hover) res.hover = { ...(isObject(res.hover) ? res.hover : {}), enable: true };
  return res;
}

/** `~` as shells know it, and `${workspaceFolder}`, `${env:NAME}` as editors do. */
export function expanded(path: string, variables: { home: string; folder?: string; env: NodeJS.ProcessEnv }): string {
  return path
    .replace(/^~(?=$|[\\/])/, () => variables.home)
    .replace(/\$\{workspaceFolder\}/g, () => variables.folder ?? '')
    .replace(/\$\{userHome\}/g, () => variables.home)
    .replace(/\$\{env:([^}]+)\}/g, (_, name: string) => variables.env[name] ?? '');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

function numbers(value: unknown): number[] {
  return Array.isArray(value) ? value.filter((item): item is number => typeof item === 'number') : [];
}
