import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, writeFileSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { CannotInstall, fetching, fitnessIn, install, interpreters, noneFits, pipArguments } from '../../src/install';

test('a Python that was set is the only one', () => {
  assert.deepEqual(interpreters('/mine', '/selected', 'linux'), [{ command: '/mine', args: [] }]);
});

test('the selected Python goes before those of PATH', () => {
  const commands = interpreters('', '/selected', 'linux').map(({ command }) => command);
  assert.deepEqual(commands.slice(0, 3), ['/selected', 'python3', 'python']);
  assert.ok(commands.includes('python3.11'));
});

test('on Windows the launcher is asked', () => {
  assert.deepEqual(interpreters('', undefined, 'win32')[0], { command: 'py', args: ['-3'] });
});

test('what a Python says of itself', () => {
  assert.deepEqual(fitnessIn('python 3 11 7\ncomplete\n'), { kind: 'fit', version: '3.11.7' });
  assert.deepEqual(fitnessIn('python 3 9 2\ncomplete\n'), { kind: 'old', version: '3.9.2' });
  assert.deepEqual(fitnessIn('python 3 11 7\n'), { kind: 'incomplete', version: '3.11.7' });
  assert.deepEqual(fitnessIn('Python was not found; run without arguments to install'), { kind: 'absent' });
});

test('why no Python will do', () => {
  const python3 = { command: 'python3', args: [] };
  assert.match(noneFits([[python3, { kind: 'absent' }]], 'linux'), /^No Python was found: .* 3\.10 or newer\.$/);
  assert.match(
    noneFits([[python3, { kind: 'old', version: '3.9.2' }]], 'linux'),
    /^Python 3\.9\.2 \(python3\) is too old/,
  );
  const incomplete = noneFits([[python3, { kind: 'incomplete', version: '3.11.7' }]], 'linux');
  assert.match(incomplete, /lacks the modules venv and ensurepip\. On Debian and Ubuntu .* python3-venv/);
});

test('the package comes last, so that options before it apply', () => {
  const args = pipArguments({ package: './a.whl', pipArguments: ['--no-deps'], python: '' });
  assert.deepEqual(args.slice(-2), ['--no-deps', './a.whl']);
});

test('a wheel is named without its folder', () => {
  const settings = { pipArguments: [], python: '' };
  assert.equal(fetching({ ...settings, package: '/far/away/lm_lint-0.1.0.whl' }), 'Installing lm_lint-0.1.0.whl');
  assert.match(fetching({ ...settings, package: 'lm-lint' }), /^Installing lm-lint: .* fetched$/);
});

/** A program that stands for Python: it says that it is fit, makes the folder for `venv`, and ends as told for `pip`. */
function pretended(pip: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'lm-lint-'));
  const file = join(folder, 'python');
  const program = `#!/bin/sh
case "$*" in
  -c*) printf 'python 3 11 7\\ncomplete\\n' ;;
  '-m venv'*) for folder; do :; done; mkdir -p "$folder"; cp "$0" "$folder/python" ;;
  *) ${pip} ;;
esac
`;
  writeFileSync(file, program);
  chmodSync(file, 0o755);
  return file;
}

function wanted(python: string) {
  const folder = join(mkdtempSync(join(tmpdir(), 'lm-lint-')), 'environment');
  const settings = { package: 'lm-lint', pipArguments: [], python };
  const lines: string[] = [];
  const stop = new AbortController();
  const watch = {
    cwd: tmpdir(),
    signal: stop.signal,
    step: (sentence: string) => lines.push(sentence),
    line: (line: string) => {
      lines.push(line);
      if (line === 'downloading') stop.abort();
    },
  };
  return { installation: { folder, python: join(folder, 'python'), settings }, watch, lines };
}

const onWindows = { skip: process.platform === 'win32' && 'needs a shell script that is a program' };

test('the steps of an installation are told, and the environment stays', onWindows, async () => {
  const { installation, watch, lines } = wanted(pretended('echo Successfully installed'));
  await install(installation, watch);
  assert.ok(existsSync(installation.python));
  assert.deepEqual(lines.slice(-1), ['Successfully installed']);
  assert.ok(lines.some((line) => line.startsWith(`> ${installation.python} -m pip install`)));
});

test('what pip says last is the reason, and what was half made is gone', onWindows, async () => {
  const { installation, watch } = wanted(pretended('echo "ERROR: No matching distribution" >&2; exit 1'));
  await assert.rejects(install(installation, watch), new CannotInstall('ERROR: No matching distribution'));
  assert.ok(!existsSync(installation.folder));
});

test('cancelling ends pip, and what was half made is gone', onWindows, async () => {
  const { installation, watch } = wanted(pretended('echo downloading; sleep 600'));
  await assert.rejects(install(installation, watch), { code: 'CANCELLED' });
  assert.ok(!existsSync(installation.folder));
});

test('a Python that is not there is told', async () => {
  const { installation, watch } = wanted('/nowhere/python');
  await assert.rejects(install(installation, watch), /No Python was found/);
});
