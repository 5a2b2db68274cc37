// Many files at once. The judge is the command line.
import assert from 'node:assert/strict';
import { openFile } from './rig/actions.mjs';
import { commandLineFindings, example, examples, onPath } from './rig/server.mjs';
import { shot } from './rig/shots.mjs';
import { squiggle, squigglePlaces } from './rig/squiggles.mjs';
import { inWindow } from './rig/suite.mjs';

const names = ['c', 'html', 'python'].flatMap(folder => examples(folder).filter(name => /\.(c|html|py)$/.test(name)).slice(0, 7)
    .map(name => `${folder}/${name}`)).slice(0, 20);

const test = inWindow({
    files: Object.fromEntries(names.map(name => [name, example(name)])),
    show: names[0],
    env: onPath(),
    // All lines of a file are in view, so all of its squiggles are drawn.
    viewport: { width: 1200, height: 2400 },
    settings: { 'workbench.editor.wrapTabs': true },
});

test('20 files that are opened at once all get their squiggles', async ({ page, project }) => {
    assert.equal(names.length, 20);
    const expected = commandLineFindings(project, names);
    // Nobody waits for the first before the last is opened.
    for (const name of names) await openFile(page, name);
    await page.keyboard.press('Control+Shift+m');
    await page.locator('.markers-panel').waitFor();
    await page.locator('.panel .badge-content, .panel .badge', { hasText: String(expected.length) }).first().waitFor();
    await shot(page, 'many-files');
    await page.keyboard.press('Control+j');

    for (const name of names) {
        const wanted = expected.filter(finding => finding.path === name).map(finding => finding.line);
        await openFile(page, name);
        if (wanted.length) await squiggle(page).nth(wanted.length - 1).waitFor();
        const lines = new Set((await squigglePlaces(page)).map(place => place.line));
        for (const line of wanted) assert.ok(lines.has(line), `${name}: ${[...lines]} instead of ${wanted}`);
    }
});
