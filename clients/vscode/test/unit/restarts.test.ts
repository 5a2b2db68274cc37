import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Crashes, Merged } from '../../src/restarts';

/** A job whose runs end when the test says so. */
function scripted() {
  const runs: { end: () => void; fail: (error: Error) => void }[] = [];
  const merged = new Merged(() => new Promise((end, fail) => runs.push({ end, fail })));
  return { merged, runs };
}

/** Everything that is due has happened. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('calls while a job runs are served by one more run', async () => {
  const { merged, runs } = scripted();
  const first = merged.run();
  const others = [merged.run(), merged.run(), merged.run()];
  assert.equal(runs.length, 1);
  runs[0]?.end();
  await first;
  await settled();
  assert.equal(runs.length, 2);
  runs[1]?.end();
  await Promise.all(others);
  assert.equal(runs.length, 2);
});

test('a call between two runs waits for the second one', async () => {
  const { merged, runs } = scripted();
  const first = merged.run();
  const second = merged.run();
  const between = first.then(() => merged.run());
  runs[0]?.end();
  await settled();
  assert.equal(runs.length, 2, 'two jobs at once');
  runs[1]?.end();
  await settled();
  await Promise.all([second, between]);
});

test('a run after the last has ended is a new one', async () => {
  const { merged, runs } = scripted();
  const first = merged.run();
  runs[0]?.end();
  await first;
  void merged.run();
  assert.equal(runs.length, 2);
});

test('a failure is told to those who asked for that run, and the next run follows', async () => {
  const { merged, runs } = scripted();
  const first = merged.run();
  const second = merged.run();
  runs[0]?.fail(new Error('no'));
  await assert.rejects(first, /no/);
  await settled();
  runs[1]?.end();
  await second;
});

test('the server is started again a few times within a while', () => {
  let now = 0;
  const crashes = new Crashes(2, 1000, () => now);
  assert.ok(crashes.add());
  assert.ok(crashes.add());
  assert.ok(!crashes.add());
  now = 1000;
  assert.ok(crashes.add(), 'the old crashes are forgotten');
});

test('starting by hand forgives', () => {
  const crashes = new Crashes(1);
  crashes.add();
  crashes.forget();
  assert.ok(crashes.add());
});
