// A server that is killed comes back.
import assert from 'node:assert/strict';
import { goTo, notice, ready } from './rig/actions.mjs';
import { languageServers } from './rig/processes.mjs';
import { example, onPath } from './rig/server.mjs';
import { shot } from './rig/shots.mjs';
import { squiggleCount, squigglePlaces } from './rig/squiggles.mjs';
import { inWindow } from './rig/suite.mjs';

const test = inWindow({ files: { 'missing_paren.c': example('missing_paren.c') }, show: 'missing_paren.c', env: onPath() });

test('a server that is killed comes back, and the editor says so', async ({ page, pid }) => {
    await ready(page);
    await squiggleCount(page, 1);
    const [server] = languageServers(pid);
    process.kill(server.pid, 'SIGKILL');
    const told = notice(page, "lm-lint's server ended unexpectedly and was started again.");
    await told.waitFor();
    await told.getByText('Show Log').waitFor();
    await shot(page, 'server-came-back');
    await ready(page);
    // It looks at what is typed from now on, as the old one did.
    await goTo(page, 9, 22);
    await page.keyboard.press('Backspace');
    await squiggleCount(page, 2);
    const now = languageServers(pid);
    assert.equal(now.length, 1);
    assert.notEqual(now[0].pid, server.pid);
    assert.deepEqual((await squigglePlaces(page)).map(place => place.line), [9, 27]);
});
