// A server that is nowhere is installed by one click.
//
// The environment that the extension makes is real, and so is what pip puts into it: the package of this
// repository. Replaced is where pip finds it (a file, not an index), and its dependencies (torch and the like) are
// those that the tests have already, instead of several hundred megabytes that are fetched again.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { notice, ready, statusItem } from './rig/actions.mjs';
import { languageServers } from './rig/processes.mjs';
import { buildWheel, dependencies, example, python, withoutLmLint } from './rig/server.mjs';
import { shot } from './rig/shots.mjs';
import { squiggle } from './rig/squiggles.mjs';
import { inWindow } from './rig/suite.mjs';

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'lm-lint-install-'));
after(() => fs.rmSync(scratch, { recursive: true }));

const test = inWindow(() => ({
    files: { 'missing_paren.c': example('missing_paren.c') },
    show: 'missing_paren.c',
    settings: {
        'lmLint.install.package': buildWheel(path.join(scratch, 'wheel')),
        'lmLint.install.pipArguments': ['--no-deps', '--no-index'],
        'lmLint.install.python': python(),
    },
    env: { PATH: withoutLmLint(), PYTHONPATH: dependencies(path.join(scratch, 'dependencies')) },
}));

test('a server that is nowhere is installed by one click', async ({ page, pid, tmp }) => {
    const told = notice(page, 'lm-lint is not installed');
    await told.waitFor();
    assert.deepEqual(languageServers(pid), []);
    await shot(page, 'server-missing');
    await told.getByText('Install lm-lint').click();
    await notice(page, 'Installing').waitFor();
    await statusItem(page).filter({ hasText: 'installing' }).waitFor();
    await shot(page, 'server-installing');
    await notice(page, 'lm-lint is installed in an environment of its own.').waitFor();
    await squiggle(page).first().waitFor();
    await ready(page);
    await shot(page, 'server-installed');
    const [server] = languageServers(pid);
    assert.ok(server.command.startsWith(tmp), server.command); // not the server of the repository
    assert.match(await statusItem(page).innerText(), /lm-lint: small/);
});
