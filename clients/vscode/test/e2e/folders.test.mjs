// Several folders in one window, each with settings of its own.
import assert from 'node:assert/strict';
import { openFile, ready } from './rig/actions.mjs';
import { languageServers } from './rig/processes.mjs';
import { example, onPath } from './rig/server.mjs';
import { shot } from './rig/shots.mjs';
import { squiggle } from './rig/squiggles.mjs';
import { inWindow } from './rig/suite.mjs';

const SLIP = example('missing_paren.c');

const test = inWindow({
    files: {
        'quiet/quiet.c': SLIP,
        'quiet/.vscode/settings.json': JSON.stringify({ 'lmLint.exclude': ['*.c'] }),
        'loud/loud.c': SLIP,
    },
    show: 'quiet/quiet.c',
    workspace: { folders: [{ path: 'project/quiet' }, { path: 'project/loud' }] },
    env: onPath(),
});

test('one server serves all folders, and each has its settings', async ({ page, pid }) => {
    await ready(page);
    await openFile(page, 'loud.c');
    await squiggle(page).first().waitFor();
    await page.locator('[id="status.problems"]', { hasText: /^\s*1\s*0\s*$/ }).waitFor();
    assert.equal(languageServers(pid).length, 1);
    await shot(page, 'folders');
    await openFile(page, 'quiet.c');
    assert.equal(await squiggle(page).count(), 0);
});
