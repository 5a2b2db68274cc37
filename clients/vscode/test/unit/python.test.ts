import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, relative } from 'node:path';
import { beforeEach, test } from 'node:test';
import type { LogOutputChannel } from 'vscode';
import { onPath, selectedPython } from '../../src/python';
import { pretend } from './fake/vscode';

const warnings: string[] = [];
const log = { warn: (message: string) => warnings.push(message) } as unknown as LogOutputChannel;
const PYTHON = 'ms-python.python';

beforeEach(() => {
  warnings.length = 0;
  pretend(PYTHON, undefined);
});

/** The Python extension with this environment selected. */
function selecting(resolved: unknown): void {
  pretend(PYTHON, {
    environments: {
      getActiveEnvironmentPath: () => ({ path: '/env' }),
      resolveEnvironment: ({ path }: { path: string }) => Promise.resolve(path === '/env' ? resolved : undefined),
    },
  });
}

test('without the Python extension no environment is selected', async () => {
  assert.equal(await selectedPython(undefined, log), undefined);
  assert.deepEqual(warnings, []);
});

test('the interpreter of the selected environment', async () => {
  selecting({ executable: { uri: { fsPath: '/env/bin/python' } } });
  assert.equal(await selectedPython(undefined, log), '/env/bin/python');
});

test('an environment without an interpreter is none', async () => {
  selecting({ executable: {} });
  assert.equal(await selectedPython(undefined, log), undefined);
  selecting(undefined);
  assert.equal(await selectedPython(undefined, log), undefined);
});

test('an extension of another time does no harm', async () => {
  pretend(PYTHON, {});
  assert.equal(await selectedPython(undefined, log), undefined);
  assert.equal(warnings.length, 1);
});

/** A folder with a program of this name. */
function folderWith(name: string, mode: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'lm-lint-'));
  const file = join(folder, process.platform === 'win32' ? `${name}.exe` : name);
  writeFileSync(file, '');
  chmodSync(file, mode);
  return folder;
}

const inPath = (...folders: string[]) => onPath('lm-lint', { PATH: folders.join(delimiter) });

test('the first program of PATH is found, folders that are not there are passed over', async () => {
  const [first, second] = [folderWith('lm-lint', 0o755), folderWith('lm-lint', 0o755)];
  const found = await inPath('/nowhere', first, second);
  assert.ok(found?.startsWith(first));
});

test('relative folders of PATH would be the workspace, so they are left out', async () => {
  assert.equal(await inPath(relative(process.cwd(), folderWith('lm-lint', 0o755)), '.', ''), undefined);
});

test('a folder of that name is no program', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lm-lint-'));
  mkdirSync(join(folder, 'lm-lint'));
  assert.equal(await inPath(folder), undefined);
});

test('a file that may not be run is no program', { skip: process.platform === 'win32' && 'no such bits' }, async () => {
  assert.equal(await inPath(folderWith('lm-lint', 0o644)), undefined);
});
