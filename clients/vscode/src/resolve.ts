/**
 * Decides which server is started: plain data in, plain data out. Knows neither the editor nor processes; what a
 * candidate is worth is found out by a function that is handed in.
 */

import { MINIMUM_SERVER } from './version';

export type Source = 'path setting' | 'interpreter setting' | 'environment' | 'PATH' | 'private';

/** A way to call lm-lint; `server`, `doctor` or `--version` follow its arguments. */
export interface Candidate {
  readonly source: Source;
  readonly command: string;
  readonly args: readonly string[];
}

/** Where a server may be. Empty or undefined: not there, or not set. */
export interface Places {
  readonly pathSetting?: string;
  readonly interpreterSetting?: string;
  readonly environmentPython?: string;
  readonly commandOnPath?: string;
  readonly privatePython?: string;
}

/** What became of `lm-lint --version`. */
export type Probe =
  | { readonly kind: 'works'; readonly version: string }
  | { readonly kind: 'old'; readonly version: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'broken'; readonly reason: string };

/** The buttons that a notice may offer. */
export type Mend = 'install' | 'update' | 'settings' | 'log';

export type Decision =
  | { readonly kind: 'start'; readonly candidate: Candidate; readonly version: string }
  | { readonly kind: 'missing'; readonly sentence: string; readonly mends: readonly Mend[] };

type Failure = Exclude<Probe, { kind: 'works' }>;

/** Best first. What somebody has set is not second-guessed: nothing else is tried then. */
export function candidates(places: Places): Candidate[] {
  if (places.pathSetting) return [{ source: 'path setting', command: places.pathSetting, args: [] }];
  if (places.interpreterSetting) return [module('interpreter setting', places.interpreterSetting)];
  const res: Candidate[] = [];
  if (places.environmentPython) res.push(module('environment', places.environmentPython));
  if (places.commandOnPath) res.push({ source: 'PATH', command: places.commandOnPath, args: [] });
  if (places.privatePython) res.push(module('private', places.privatePython));
  return res;
}

/** The first candidate that works, else what to say and to offer. */
export async function resolve(places: Places, probe: (candidate: Candidate) => Promise<Probe>): Promise<Decision> {
  const failures: [Candidate, Failure][] = [];
  for (const candidate of candidates(places)) {
    const found = await probe(candidate);
    if (found.kind === 'works') return { kind: 'start', candidate, version: found.version };
    failures.push([candidate, found]);
  }
  return missing(failures);
}

/** The same server, called in the same way? */
export function isSame(one: Candidate, other: Candidate): boolean {
  return one.command === other.command && one.args.join('\0') === other.args.join('\0');
}

function module(source: Source, python: string): Candidate {
  return { source, command: python, args: ['-m', 'lm_lint'] };
}

/** One sentence for the failure that matters most: a wrong setting, then an old server, then a broken one. */
function missing(failures: readonly [Candidate, Failure][]): Decision {
  const set = failures.find(([candidate]) => candidate.source.endsWith('setting'));
  if (set) return { kind: 'missing', sentence: wrongSetting(...set), mends: ['settings', 'log'] };
  for (const [candidate, failure] of failures) {
    if (failure.kind === 'old') return tooOld(candidate, failure.version);
  }
  for (const [candidate, failure] of failures) {
    if (failure.kind === 'broken') return broken(candidate, failure.reason);
  }
  const sentence = 'lm-lint is not installed: it can be put into a Python environment of its own.';
  return { kind: 'missing', sentence, mends: ['install', 'settings', 'log'] };
}

function wrongSetting(candidate: Candidate, failure: Failure): string {
  const name = candidate.source === 'path setting' ? 'lmLint.server.path' : 'lmLint.server.interpreter';
  const said = `The setting ${name} is "${candidate.command}"`;
  switch (failure.kind) {
    case 'absent':
      return candidate.args.length ? `${said}, which has no lm-lint.` : `${said}, which is not there.`;
    case 'old':
      return `${said}, which is lm-lint ${failure.version}; ${MINIMUM_SERVER} or newer is needed.`;
    case 'broken':
      return `${said}, which does not work: ${failure.reason}`;
  }
}

function tooOld(candidate: Candidate, version: string): Decision {
  const sentence = `lm-lint ${version} (${called(candidate)}) is too old; ${MINIMUM_SERVER} or newer is needed.`;
  const mend = candidate.source === 'private' ? 'update' : 'install';
  return { kind: 'missing', sentence, mends: [mend, 'settings', 'log'] };
}

function broken(candidate: Candidate, reason: string): Decision {
  const sentence = `lm-lint (${called(candidate)}) does not work: ${reason}`;
  return { kind: 'missing', sentence, mends: ['install', 'settings', 'log'] };
}

function called(candidate: Candidate): string {
  return candidate.source === 'private' ? 'in its own environment' : candidate.command;
}
