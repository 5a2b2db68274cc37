import assert from 'node:assert/strict';
import { test } from 'node:test';
import manifest from '../../package.json';
import { cellOf, nameOf, SHADES, shadeOf, spansByShade, told } from '../../src/surprise/cells';

const CELL = { layer: 2, unit: 206, property: 'depth', measure: 'R2', score: 0.519 };

test('what is near the middle has no colour, and the further away the stronger', () => {
  const names = [-9, -0.75, -0.5, -0.13, -0.1, 0, 0.1, 0.13, 0.5, 0.75, 9].map((shade) => {
    const idx = shadeOf(shade);
    return idx === undefined ? '' : SHADES[idx];
  });
  const cool = ['cool3', 'cool3', 'cool2', 'cool1', ''];
  assert.deepEqual(names, [...cool, '', '', 'warm1', 'warm2', 'warm3', 'warm3']);
});

test('the manifest has a colour for each shade', () => {
  const ids = manifest.contributes.colors.map(({ id }) => id).filter((id) => id.startsWith('lmLint.cell.'));
  assert.deepEqual(
    ids,
    SHADES.map((shade) => `lmLint.cell.${shade}`),
  );
});

test('tokens are told apart by shade, line breaks left out', () => {
  const answer = {
    version: 3,
    ranges: [4, 18, 4, 20, 4, 20, 4, 22, 4, 24, 4, 25, 4, 25, 5, 4],
    kinds: [0, 1, 0, 2],
    values: [1, 2, 3, 4],
    shades: [0.9, -0.5, 0.01, 1],
    cell: CELL,
    cells: [CELL],
  };
  assert.deepEqual(spansByShade(answer), [[], [[4, 20, 4, 22]], [], [], [], [[4, 18, 4, 20]]]);
});

test('a cell has a name that a person can type', () => {
  assert.equal(nameOf(CELL), '2:206');
  assert.deepEqual(cellOf(' 2:206 '), { layer: 2, unit: 206 });
  for (const typed of ['', '2', '2:', ':3', 'a:b', '2:3:4', '-1:2']) assert.equal(cellOf(typed), undefined);
});

test('a cell says what it follows', () => {
  assert.equal(told(CELL), 'depth, R² 0.519');
  assert.equal(told({ ...CELL, property: null, measure: null, score: null }), '');
});
