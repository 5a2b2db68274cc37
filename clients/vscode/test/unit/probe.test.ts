import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { judge, probe } from '../../src/probe';
import { lastLine, NotRun, run } from '../../src/processes';

const finished = { status: 0, stdout: '', stderr: '' };
const node = process.execPath;

test('an answer is judged by its version', () => {
  assert.deepEqual(judge({ ...finished, stdout: 'lm-lint 9.0.0\n' }), { kind: 'works', version: '9.0.0' });
  assert.deepEqual(judge({ ...finished, stdout: 'lm-lint 0.0.1\n' }), { kind: 'old', version: '0.0.1' });
});

test('a Python without lm-lint is not broken', () => {
  const stderr = '/usr/bin/python3: No module named lm_lint\n';
  assert.deepEqual(judge({ status: 1, stdout: '', stderr }), { kind: 'absent' });
});

test('a Python whose lm-lint lacks a module is broken, and says so', () => {
  const stderr = "Traceback:\n  ...\nModuleNotFoundError: No module named 'click'\n";
  assert.deepEqual(judge({ status: 1, stdout: '', stderr }), {
    kind: 'broken',
    reason: "ModuleNotFoundError: No module named 'click'.",
  });
});

test('another program of that name is broken', () => {
  assert.deepEqual(judge({ ...finished, stdout: 'hello' }), { kind: 'broken', reason: 'hello.' });
  assert.deepEqual(judge({ ...finished, status: 3 }), { kind: 'broken', reason: 'exit status 3.' });
});

test('a command that is not there is absent', async () => {
  const candidate = { source: 'PATH', command: '/nowhere/lm-lint', args: [] } as const;
  assert.deepEqual(await probe(candidate, tmpdir()), { kind: 'absent' });
});

test('a file that the system cannot run is broken', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'lm-lint-')), 'lm-lint');
  writeFileSync(file, 'no program');
  chmodSync(file, 0o600);
  const found = await probe({ source: 'PATH', command: file, args: [] }, tmpdir());
  assert.ok(found.kind === 'broken');
  assert.match(found.reason, /EACCES/);
});

test('a program that takes too long is ended', async () => {
  const waiting = run(node, ['-e', 'setInterval(() => {}, 1000)'], { timeoutMs: 300 });
  await assert.rejects(waiting, (error) => error instanceof NotRun && error.code === 'TIMEOUT');
});

test('a program is ended when nobody waits any more, and so is what it started', async () => {
  const stop = new AbortController();
  const child = `require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {stdio: 'inherit'});`;
  const started = `${child} console.log('started'); setInterval(() => {}, 1000)`;
  const running = run(node, ['-e', started], { signal: stop.signal, onLine: () => stop.abort() });
  // It would not settle if the grandchild kept the pipes open.
  await assert.rejects(running, (error) => error instanceof NotRun && error.code === 'CANCELLED');
});

test('nothing is run for a signal that was aborted before', async () => {
  const running = run(node, ['-e', 'setInterval(() => {}, 1000)'], { signal: AbortSignal.abort() });
  await assert.rejects(running, (error) => error instanceof NotRun && error.code === 'CANCELLED');
});

test('lines are told whole, the last one without its end, too', async () => {
  const lines: string[] = [];
  const program = "process.stdout.write('a'); setTimeout(() => process.stdout.write('b\\r\\nc'), 50)";
  const { status, stdout } = await run(node, ['-e', program], { onLine: (line) => lines.push(line) });
  assert.deepEqual([status, stdout, lines], [0, 'ab\r\nc', ['ab', 'c']]);
});

test('the last line that says something', () => {
  assert.equal(lastLine('one\ntwo\r\n\n'), 'two');
  assert.equal(lastLine(''), '');
});
