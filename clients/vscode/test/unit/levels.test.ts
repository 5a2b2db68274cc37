import assert from 'node:assert/strict';
import { test } from 'node:test';
import manifest from '../../package.json';
import { LEVELS, legend, levelOf, spansByLevel, usable } from '../../src/surprise/levels';

const THRESHOLDS = [1, 2, 4, 6, 9, 13];

test('a threshold belongs to the level above it', () => {
  const levels = [0, 0.99, 1, 1.99, 2, 5, 8.99, 12, 13, 1000].map((bits) => levelOf(bits, THRESHOLDS));
  assert.deepEqual(levels, [0, 0, 1, 1, 2, 3, 4, 5, 6, 6]);
});

test('the manifest has as many colours as there are levels, and thresholds between them', () => {
  const ids = manifest.contributes.colors.map(({ id }) => id).filter((id) => id.startsWith('lmLint.surprise'));
  assert.equal(ids.length, LEVELS);
  assert.ok(usable(THRESHOLDS));
});

test('thresholds have to rise from above zero, and to be six', () => {
  assert.equal(usable([1, 2, 4, 6, 9]), undefined);
  assert.equal(usable([1, 2, 2, 6, 9, 13]), undefined);
  assert.equal(usable([0, 2, 4, 6, 9, 13]), undefined);
  assert.equal(usable([]), undefined);
});

const answer = {
  version: 3,
  ranges: [4, 18, 4, 20, 4, 20, 4, 22, 4, 24, 4, 25, 4, 25, 5, 4],
  kinds: [0, 1, 0, 2],
  surprisalBits: [9.38, 6.44, 8.99, 0.74],
  entropyBits: [8.29, 4.32, 3.72, 1.81],
};

test('tokens are told apart by level, blanks left out', () => {
  const levels = spansByLevel(answer, THRESHOLDS, false);
  assert.deepEqual(levels, [[], [], [], [], [[4, 24, 4, 25]], [[4, 18, 4, 20]], []]);
});

test('blanks and line breaks are there if they are wanted', () => {
  const levels = spansByLevel(answer, THRESHOLDS, true);
  assert.deepEqual(levels[0], [[4, 25, 5, 4]]);
  assert.deepEqual(levels[4], [
    [4, 20, 4, 22],
    [4, 24, 4, 25],
  ]);
});

test('the legend names every level', () => {
  const entries = legend(THRESHOLDS);
  assert.equal(entries.length, LEVELS);
  assert.deepEqual(entries[0], { bits: 'below 1 bit', meaning: 'likelier than 1 in 2' });
  assert.deepEqual(entries[4], { bits: '6 to 9 bits', meaning: '1 in 64 to 1 in 512' });
  assert.deepEqual(entries[6], { bits: '13 bits and more', meaning: 'less likely than 1 in 8,192' });
});
