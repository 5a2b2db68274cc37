// The view of one cell of the network: how it is chosen, its colours, and that they go away again.
import assert from 'node:assert/strict';
import { goTo, openFile, quickPick, ready, runCommand, save } from './rig/actions.mjs';
import { cells, colours, lineColours } from './rig/heat.mjs';
import { onPath } from './rig/server.mjs';
import { shot } from './rig/shots.mjs';
import { inWindow } from './rig/suite.mjs';

const PROGRAM = `#include <stdio.h>

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        printf("%s has %d letters and no more\\n", argv[i], i);
    }
    return 0;
}
`;
const SHOW = 'lm-lint: Show a Cell of the Network';
const HIDE = 'lm-lint: Hide the Cell of the Network';

const test = inWindow({
    files: { 'words.c': PROGRAM, 'notes.txt': 'No language.\n' },
    show: 'words.c',
    env: onPath(),
});

const isWarm = colour => {
    const [red, , blue] = colour.match(/[\d.]+/g).map(Number);
    return red > blue;
};

const input = page => page.locator('.quick-input-widget input');

async function choose(page, text) {
    await runCommand(page, SHOW);
    await quickPick(page, 'AUC').waitFor();
    await input(page).fill(text);
    await quickPick(page, text).click();
}

test('the cells that are known are offered, with what they follow', async ({ page }) => {
    await ready(page);
    await runCommand(page, SHOW);
    await quickPick(page, 'string, AUC').waitFor();
    await quickPick(page, 'depth, R²').waitFor();
    await shot(page, 'cell-choice');
    await input(page).fill('Another');
    await quickPick(page, 'Another cell').waitFor();
    await page.keyboard.press('Escape');
});

test('the cell for strings is warm inside of a string and cool elsewhere', async ({ page }) => {
    await choose(page, 'string, AUC');
    const line = await lineColours(page, 6, found => found.length >= 3);
    await shot(page, 'cell-string');
    const middle = line.filter(cell => isWarm(cell.colour));
    assert.ok(middle.length > 0, 'nothing on the line of the string is warm');
    const width = middle.reduce((sum, cell) => sum + cell.right - cell.left, 0);
    assert.ok(width > 100, `${width} pixels are warm`);
    const elsewhere = Object.entries(await colours(page)).filter(([number]) => number !== '6').flatMap(([, found]) => found);
    const nWarm = elsewhere.filter(cell => isWarm(cell.colour)).length;
    assert.ok(nWarm < elsewhere.length / 4, `${nWarm} of ${elsewhere.length} spans without a string are warm`);
});

test('any cell can be asked for by its name, and a name that is none is not taken', async ({ page }) => {
    const before = await lineColours(page, 6);
    await choose(page, 'Another cell');
    await page.locator('.quick-input-widget input[placeholder^="LAYER:UNIT"]').waitFor();
    await input(page).fill('2-117');
    await page.locator('.quick-input-widget', { hasText: 'A layer and a unit, as in 2:117' }).waitFor();
    await input(page).fill('0:3');
    await page.keyboard.press('Enter');
    const after = await lineColours(page, 6, `found => JSON.stringify(found) !== ${JSON.stringify(JSON.stringify(before))}`);
    assert.notDeepEqual(after, before);
    await shot(page, 'cell-typed');
});

test('the colours follow what is typed', async ({ page }) => {
    await choose(page, 'string, AUC');
    await lineColours(page, 6, found => found.length >= 3);
    await goTo(page, 8, 1);
    await page.keyboard.type('puts("and here is another string of some length");\n');
    const typed = await lineColours(page, 8, 'found => found.reduce((sum, it) => sum + it.right - it.left, 0) > 200');
    assert.ok(typed.some(cell => isWarm(cell.colour)));
});

test('a file of another language has no colours, and the command takes all away', async vscode => {
    const { page } = vscode;
    await openFile(page, 'notes.txt');
    assert.equal(await cells(page).count(), 0);
    await openFile(page, 'words.c');
    await cells(page).first().waitFor();
    await runCommand(page, HIDE);
    await cells(page).first().waitFor({ state: 'detached' });
    assert.ok((await save(vscode, 'words.c')).includes('another string'));
});
