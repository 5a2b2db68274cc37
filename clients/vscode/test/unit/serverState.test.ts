import assert from 'node:assert/strict';
import { test } from 'node:test';
import { levelOf } from '../../src/serverLog';
import { isReady, view, type ModelStatus, type ServerState } from '../../src/serverState';

const status: ModelStatus = { state: 'ready', model: 'small', device: 'cpu', busy: false, message: null };
const running = (changes: Partial<ModelStatus>): ServerState => ({
  kind: 'running',
  called: 'lm-lint server',
  version: '0.1.0',
  status: { ...status, ...changes },
});

test('a server that is ready shows model and device', () => {
  const shown = view(running({}));
  assert.equal(shown.text, '$(check) lm-lint: small, cpu');
  assert.deepEqual(shown.facts, [
    ['Model', 'small'],
    ['Device', 'cpu'],
    ['Version', '0.1.0'],
    ['Command', 'lm-lint server'],
  ]);
});

test('one at work turns', () => {
  assert.match(view(running({ busy: true })).text, /loading~spin.* small, cpu/);
});

test('one without a model says why, in red', () => {
  const shown = view(running({ state: 'failed', model: null, device: null, message: 'The folder is empty.' }));
  assert.deepEqual([shown.look, shown.headline], ['error', 'The folder is empty.']);
});

test('one that is missing is a warning, one that gave up an error', () => {
  assert.equal(view({ kind: 'missing', sentence: 'x' }).look, 'warning');
  assert.equal(view({ kind: 'stopped', sentence: 'x' }).look, 'error');
});

test('only a server with a model can be asked for bits', () => {
  assert.ok(isReady(running({ busy: true })));
  assert.ok(!isReady(running({ state: 'loading' })));
  assert.ok(!isReady({ kind: 'starting', called: 'x', version: 'y' }));
});

test("the server's own lines on standard error come again as messages; others have to be seen", () => {
  assert.equal(levelOf('2026-01-31 12:00:00,123 INFO    lm_lint.lsp.server: ready'), 'debug');
  assert.equal(levelOf('Traceback (most recent call last):'), 'warn');
});
