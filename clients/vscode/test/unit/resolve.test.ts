import assert from 'node:assert/strict';
import { test } from 'node:test';
import { candidates, isSame, resolve, type Candidate, type Places, type Probe } from '../../src/resolve';
import { MINIMUM_SERVER } from '../../src/version';

const EVERYWHERE: Places = {
  environmentPython: '/env/bin/python',
  commandOnPath: '/usr/bin/lm-lint',
  privatePython: '/private/bin/python',
};

/** Resolves with these answers by command; what is not named is absent. Tells which commands were asked. */
async function decide(places: Places, answers: Record<string, Probe>) {
  const asked: string[] = [];
  const probe = (candidate: Candidate): Promise<Probe> => {
    asked.push(candidate.command);
    return Promise.resolve(answers[candidate.command] ?? { kind: 'absent' });
  };
  return { decision: await resolve(places, probe), asked };
}

const works: Probe = { kind: 'works', version: '1.0.0' };

test('the selected environment goes before PATH, and PATH before the private environment', () => {
  assert.deepEqual(
    candidates(EVERYWHERE).map((candidate) => candidate.source),
    ['environment', 'PATH', 'private'],
  );
});

test('what was set is the only candidate, a command before an interpreter', () => {
  const set = { ...EVERYWHERE, pathSetting: '/mine/lm-lint', interpreterSetting: '/mine/python' };
  assert.deepEqual(candidates(set), [{ source: 'path setting', command: '/mine/lm-lint', args: [] }]);
  assert.deepEqual(candidates({ ...set, pathSetting: '' }), [
    { source: 'interpreter setting', command: '/mine/python', args: ['-m', 'lm_lint'] },
  ]);
});

test('the first that works is taken, and no other is asked', async () => {
  const { decision, asked } = await decide(EVERYWHERE, { '/usr/bin/lm-lint': works, '/private/bin/python': works });
  assert.deepEqual(decision, {
    kind: 'start',
    candidate: { source: 'PATH', command: '/usr/bin/lm-lint', args: [] },
    version: '1.0.0',
  });
  assert.deepEqual(asked, ['/env/bin/python', '/usr/bin/lm-lint']);
});

test('where there is nothing, installing is offered', async () => {
  const { decision } = await decide({}, {});
  assert.ok(decision.kind === 'missing');
  assert.match(decision.sentence, /is not installed/);
  assert.deepEqual(decision.mends, ['install', 'settings', 'log']);
});

test('an old server is passed over for one that works', async () => {
  const old: Probe = { kind: 'old', version: '0.0.1' };
  const { decision } = await decide(EVERYWHERE, { '/env/bin/python': old, '/private/bin/python': works });
  assert.ok(decision.kind === 'start');
  assert.equal(decision.candidate.source, 'private');
});

test('an old server alone is named with what is needed', async () => {
  const { decision } = await decide(EVERYWHERE, { '/usr/bin/lm-lint': { kind: 'old', version: '0.0.1' } });
  assert.ok(decision.kind === 'missing');
  assert.equal(decision.sentence, `lm-lint 0.0.1 (/usr/bin/lm-lint) is too old; ${MINIMUM_SERVER} or newer is needed.`);
  assert.equal(decision.mends[0], 'install');
});

test('an old private environment is updated', async () => {
  const { decision } = await decide(EVERYWHERE, { '/private/bin/python': { kind: 'old', version: '0.0.1' } });
  assert.ok(decision.kind === 'missing');
  assert.equal(decision.mends[0], 'update');
});

test('a broken server is told with its own words', async () => {
  const broken: Probe = { kind: 'broken', reason: 'No module named torch.' };
  const { decision } = await decide(EVERYWHERE, { '/env/bin/python': broken });
  assert.ok(decision.kind === 'missing');
  assert.equal(decision.sentence, 'lm-lint (/env/bin/python) does not work: No module named torch.');
});

test('a wrong setting is not second-guessed but told, by its name', async () => {
  const sentences: [Places, Probe, RegExp][] = [
    [{ pathSetting: '/x' }, { kind: 'absent' }, /^The setting lmLint\.server\.path is "\/x", which is not there\.$/],
    [{ interpreterSetting: '/x' }, { kind: 'absent' }, /lmLint\.server\.interpreter is "\/x", which has no lm-lint\.$/],
    [{ pathSetting: '/x' }, { kind: 'old', version: '0.0.1' }, /which is lm-lint 0\.0\.1; \S+ or newer is needed\.$/],
    [{ pathSetting: '/x' }, { kind: 'broken', reason: 'It burns.' }, /which does not work: It burns\.$/],
  ];
  for (const [places, found, expected] of sentences) {
    const { decision, asked } = await decide({ ...EVERYWHERE, ...places }, { '/x': found });
    assert.ok(decision.kind === 'missing');
    assert.match(decision.sentence, expected);
    assert.deepEqual(decision.mends, ['settings', 'log']);
    assert.deepEqual(asked, ['/x']);
  }
});

test('two ways to call the same server are the same, wherever they were found', () => {
  const one: Candidate = { source: 'environment', command: 'python', args: ['-m', 'lm_lint'] };
  assert.ok(isSame(one, { ...one, source: 'private' }));
  assert.ok(!isSame(one, { ...one, args: [] }));
});
