import assert from 'node:assert/strict';
import { test } from 'node:test';
import manifest from '../../package.json';
import { clientSettings, expanded, forServer } from '../../src/settings';

/** The compiler takes the groups of the manifest for one type, in which each setting may be missing. */
type Group = Record<string, { readonly default: unknown } | undefined>;

const defaults: Record<string, unknown> = {};
for (const group of manifest.contributes.configuration) {
  for (const [name, facts] of Object.entries(group.properties as Group)) {
    defaults[name.replace(/^lmLint\./, '')] = facts?.default;
  }
}

test("the manifest's defaults are what nobody has to set", () => {
  assert.deepEqual(
    clientSettings((name) => defaults[name]),
    {
      path: '',
      args: [],
      interpreter: '',
      install: { package: 'lm-lint', pipArguments: [], python: '' },
      surprise: { thresholdsBits: [1, 2, 4, 6, 9, 13], blanks: false, hover: true },
    },
  );
});

test('values of a wrong type are left out', () => {
  const wrong: Record<string, unknown> = {
    'server.path': 7,
    'server.args': ['--tcp', 3],
    'surprise.thresholdsBits': 'x',
  };
  const read = clientSettings((name) => wrong[name]);
  assert.deepEqual([read.path, read.args, read.surprise.thresholdsBits], ['', ['--tcp'], []]);
});

test('the server is told its own settings only', () => {
  const section = {
    enable: true,
    server: { path: 'x' },
    install: { package: 'y' },
    surprise: { blanks: true },
    trace: { log: 'info', server: 'verbose' },
    hover: { enable: false, alternatives: 5 },
  };
  assert.deepEqual(forServer(section, { hover: false }), {
    enable: true,
    trace: { log: 'info' },
    hover: { enable: false, alternatives: 5 },
  });
});

test('the hover is on while the surprise view is shown, and the rest of its settings stays', () => {
  const section = { hover: { enable: false, alternatives: 9 } };
  assert.deepEqual(forServer(section, { hover: true }), { hover: { enable: true, alternatives: 9 } });
  assert.deepEqual(forServer({}, { hover: true }), { hover: { enable: true } });
  assert.deepEqual(forServer(null, { hover: true }), { hover: { enable: true } });
});

test('what the editor gave is not changed', () => {
  const section = { hover: { enable: false }, trace: { server: 'verbose' } };
  forServer(section, { hover: true });
  assert.deepEqual(section, { hover: { enable: false }, trace: { server: 'verbose' } });
});

test('no settings stay no settings', () => {
  assert.equal(forServer(null, { hover: false }), null);
});

test('variables in paths', () => {
  const variables = { home: '/home/me', folder: '/src', env: { TOOLS: '/tools$&' } };
  assert.equal(expanded('~/bin/lm-lint', variables), '/home/me/bin/lm-lint');
  assert.equal(expanded('${workspaceFolder}/.venv/bin/lm-lint', variables), '/src/.venv/bin/lm-lint');
  assert.equal(expanded('${env:TOOLS}/${env:NOT_SET}lm-lint', variables), '/tools$&/lm-lint');
  assert.equal(expanded('/a~b', variables), '/a~b');
});
