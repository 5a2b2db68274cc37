import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Heat, MARGIN_LINES, type Reply } from '../../src/surprise/heat';
import type { Answer } from '../../src/surprise/levels';
import { covers, wanted, type Lines } from '../../src/surprise/lines';
import { meaningOf } from '../../src/surprise/replies';

const answer = (version: number): Answer => ({ version, ranges: [], kinds: [], surprisalBits: [], entropyBits: [] });

/** An editor and a server in the hands of the test: questions are answered when it says so. */
function scripted(nLines = 5000) {
  const questions: { lines: Lines; signal: AbortSignal; reply: (reply: Reply<Answer>) => void }[] = [];
  const painted: (number | null)[] = [];
  const editor = { version: 1, visible: [{ start: 100, end: 140 }] as Lines[], clears: 0 };
  const heat = new Heat<Answer>(
    {
      version: () => editor.version,
      nLines: () => nLines,
      visible: () => editor.visible,
      paint: ({ version }) => painted.push(version),
      clear: () => (editor.clears += 1),
    },
    (lines, signal) => new Promise((reply) => questions.push({ lines, signal, reply })),
  );
  return { heat, editor, questions, painted };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('what an error means', () => {
  assert.deepEqual(meaningOf({ code: -32801 }), { reply: 'again', isStrange: false });
  assert.deepEqual(meaningOf({ code: -32803 }), { reply: 'none', isStrange: false });
  assert.deepEqual(meaningOf({ code: -32800 }), { reply: 'none', isStrange: false });
  assert.deepEqual(meaningOf(new Error('broken')), { reply: 'none', isStrange: true });
});

test('only what is visible is asked for, with a margin', async () => {
  const { heat, questions, painted } = scripted();
  const update = heat.update();
  assert.deepEqual(questions.at(0)?.lines, { start: 100 - MARGIN_LINES, end: 140 + MARGIN_LINES });
  questions[0]?.reply(answer(1));
  await update;
  assert.deepEqual(painted, [1]);
});

test('what is painted is not asked for again, until one scrolls out of it or types', async () => {
  const { heat, editor, questions } = scripted();
  const first = heat.update();
  questions[0]?.reply(answer(1));
  await first;
  await heat.update();
  editor.visible = [{ start: 120, end: 160 }];
  await heat.update();
  assert.equal(questions.length, 1);
  editor.visible = [{ start: 300, end: 340 }];
  void heat.update();
  assert.equal(questions.length, 2);
  editor.version = 2;
  void heat.update();
  assert.equal(questions.length, 3);
});

test('a new question cancels the one before, whose answer is dropped', async () => {
  const { heat, editor, questions, painted } = scripted();
  const first = heat.update();
  editor.version = 2;
  const second = heat.update();
  assert.ok(questions.at(0)?.signal.aborted);
  questions[0]?.reply(answer(1));
  await first;
  assert.deepEqual(painted, []);
  questions[1]?.reply(answer(2));
  await second;
  assert.deepEqual(painted, [2]);
});

test('an answer about another version is dropped, and asked for again', async () => {
  const { heat, editor, questions, painted } = scripted();
  const update = heat.update();
  editor.version = 2;
  questions[0]?.reply(answer(1));
  await settled();
  assert.deepEqual(painted, []);
  questions[1]?.reply(answer(2));
  await update;
  assert.deepEqual(painted, [2]);
});

test('"the text has changed" is asked again, but not for ever', async () => {
  const { heat, questions, painted } = scripted();
  const update = heat.update();
  for (let idx = 0; idx < 3; idx++) {
    questions[idx]?.reply('again');
    await settled();
  }
  await update;
  assert.equal(questions.length, 3);
  assert.deepEqual(painted, []);
});

test('without an answer nothing stays painted', async () => {
  const { heat, editor, questions } = scripted();
  const update = heat.update();
  questions[0]?.reply('none');
  await update;
  assert.equal(editor.clears, 1);
});

test('clearing ends the question', async () => {
  const { heat, editor, questions, painted } = scripted();
  const update = heat.update();
  heat.clear();
  questions[0]?.reply(answer(1));
  await update;
  assert.deepEqual([painted, editor.clears], [[], 1]);
});

test('what was forgotten is painted again', async () => {
  const { heat, questions } = scripted();
  const update = heat.update();
  questions[0]?.reply(answer(1));
  await update;
  heat.forget();
  void heat.update();
  assert.equal(questions.length, 2);
});

test('an editor that shows nothing asks nothing', async () => {
  const { heat, editor, questions } = scripted();
  editor.visible = [];
  await heat.update();
  assert.equal(questions.length, 0);
});

test('the lines wanted stay within the text, and reach over folded parts', () => {
  assert.deepEqual(wanted([{ start: 5, end: 10 }], 12, 20), { start: 0, end: 12 });
  const folded = [
    { start: 10, end: 20 },
    { start: 90, end: 100 },
  ];
  assert.deepEqual(wanted(folded, 1000, 1), { start: 9, end: 101 });
  assert.equal(wanted([{ start: 50, end: 60 }], 12, 0), undefined);
});

test('lines cover others only if all of them are inside', () => {
  const lines = { start: 10, end: 20 };
  assert.ok(covers(lines, lines));
  assert.ok(!covers(lines, { start: 9, end: 20 }));
  assert.ok(!covers(lines, { start: 10, end: 21 }));
});
