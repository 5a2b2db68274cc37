import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAtLeast, versionIn } from '../../src/version';

test('the version is read from what lm-lint prints', () => {
  assert.equal(versionIn('lm-lint 0.1.0\n'), '0.1.0');
  assert.equal(versionIn('a warning\nlm-lint 1.2.3rc1\r\n'), '1.2.3rc1');
});

test('what others print is no version', () => {
  assert.equal(versionIn('Python 3.11.7'), undefined);
  assert.equal(versionIn('lm-lint: error'), undefined);
  assert.equal(versionIn(''), undefined);
});

test('versions are compared by numbers and not by letters', () => {
  assert.ok(isAtLeast('0.10.0', '0.9.0'));
  assert.ok(!isAtLeast('0.9.0', '0.10.0'));
  assert.ok(isAtLeast('3.11.7', '3.10'));
  assert.ok(!isAtLeast('3.9.18', '3.10'));
});

test('missing numbers are zero', () => {
  assert.ok(isAtLeast('1', '1.0.0'));
  assert.ok(isAtLeast('1.0.0', '1'));
  assert.ok(!isAtLeast('1', '1.0.1'));
});

test('a release candidate is as good as its release', () => {
  assert.ok(isAtLeast('0.2.0rc1', '0.2.0'));
  assert.ok(isAtLeast('0.2.0.dev3', '0.2'));
});
