/** Versions of the server: reading them from what `lm-lint --version` prints, and comparing them. */

/** The oldest server that this extension can talk to. */
export const MINIMUM_SERVER = '0.1.0';

/** The `requires-python` of the server's package. */
export const MINIMUM_PYTHON = '3.10';

/** `0.2.0rc1` in `lm-lint 0.2.0rc1`; undefined where something else answered. */
export function versionIn(output: string): string | undefined {
  return /^lm-lint (\d+(?:\.\d+)*\S*)\s*$/m.exec(output)?.[1];
}

/**
 * Is `version` the same as `minimum` or newer?
 *
 * Only the release numbers count: a release candidate is as good as its release, since those who run one know why.
 */
export function isAtLeast(version: string, minimum: string): boolean {
  const [have, want] = [release(version), release(minimum)];
  for (let idx = 0; idx < Math.max(have.length, want.length); idx++) {
    const difference = (have[idx] ?? 0) - (want[idx] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

function release(version: string): number[] {
  const numbers = /^\d+(?:\.\d+)*/.exec(version)?.[0] ?? '0';
  return numbers.split('.').map(Number);
}
