// The surprise view: colours, how they follow what is typed and scrolled, the legend, the hover.
import assert from 'node:assert/strict';
import { goTo, openFile, quickPick, ready, runCommand, save } from './rig/actions.mjs';
import { cells, colours, lineColours } from './rig/heat.mjs';
import { example, onPath } from './rig/server.mjs';
import { shot } from './rig/shots.mjs';
import { inWindow } from './rig/suite.mjs';
import { longC } from './rig/texts.mjs';

const PROGRAM = example('correct/c/parser.c');
const TOGGLE = 'lm-lint: Toggle Surprise View';

const test = inWindow({
    files: { 'missing_paren.c': example('missing_paren.c'), 'parser.c': PROGRAM, 'long.c': longC(5000), 'notes.txt': 'No language.\n' },
    show: 'missing_paren.c',
    env: onPath(),
});

test('a command colours every visible token, by more than a few colours', async ({ page }) => {
    await ready(page);
    await runCommand(page, TOGGLE);
    await lineColours(page, 27);
    const lines = await colours(page);
    const all = Object.values(lines).flat();
    assert.ok(Object.keys(lines).length >= 20, `${Object.keys(lines).length} lines have colours`);
    assert.ok(new Set(all.map(cell => cell.colour)).size >= 5);
    await shot(page, 'surprise');
});

test('where the slip is, the colour is that of the most surprising tokens', async ({ page }) => {
    const line = await lineColours(page, 27);
    const [first, last] = [line[0], line.at(-1)]; // `while`, and the `{` that comes too early
    assert.notEqual(first.colour, last.colour);
    const everywhere = Object.values(await colours(page)).flat().map(cell => cell.colour);
    const rarer = everywhere.filter(colour => colour === last.colour).length;
    assert.ok(rarer < everywhere.length / 8, `${rarer} of ${everywhere.length} tokens have the colour of the slip`);
});

test('the colours follow what is typed', async ({ page }) => {
    await goTo(page, 4, 1);
    await page.keyboard.type('int zq = 3 zq qq;');
    const typed = await lineColours(page, 4, found => found.length >= 7);
    await shot(page, 'surprise-typed');
    await page.keyboard.press('Shift+Home');
    await page.keyboard.type('#include <string.h>');
    const tame = await lineColours(page, 4, found => found.length > 0
        && found.at(-1).right - found[0].left > 140 && new Set(found.map(cell => cell.colour)).size <= 3);
    assert.notDeepEqual(tame.map(cell => cell.colour), typed.map(cell => cell.colour));
    await page.keyboard.press('Shift+Home');
    await page.keyboard.press('Delete');
    await lineColours(page, 4, found => found.length === 0);
});

test('the hover tells the bits and the likeliest tokens', async ({ page }) => {
    await goTo(page, 27, 76);
    await runCommand(page, 'Show or Focus Hover');
    const hover = page.locator('.monaco-hover', { hasText: 'surprisal' }).first();
    await hover.waitFor();
    assert.match(await hover.innerText(), /surprisal\s+[\d.]+ bits\s+entropy\s+[\d.]+ bits/);
    assert.match(await hover.innerText(), /\)\s+\d+(\.\d+)?%/);
    await shot(page, 'surprise-hover');
    await page.keyboard.press('Escape');
});

test('the legend says what the colours mean', async ({ page }) => {
    await page.locator('[id="lm-lint.lm-lint.lmLint.legend"]').click();
    await quickPick(page, 'bits and more').waitFor();
    await shot(page, 'surprise-legend');
    await page.keyboard.press('Escape');
});

test('a file of 5,000 lines is coloured where it is looked at, and only there', async ({ page }) => {
    await openFile(page, 'long.c');
    await lineColours(page, 5);
    await page.keyboard.press('Control+End');
    await lineColours(page, 4995);
    await goTo(page, 2499, 1);
    await lineColours(page, 2499);
    const drawn = Object.keys(await colours(page)).map(Number);
    assert.ok(Math.min(...drawn) > 2400 && Math.max(...drawn) < 2600, `${drawn}`);
    await shot(page, 'surprise-long');
});

test('a file of another language has no colours, and coming back has them again', async ({ page }) => {
    await openFile(page, 'notes.txt');
    assert.equal(await cells(page).count(), 0);
    await openFile(page, 'parser.c');
    await cells(page).nth(50).waitFor();
    await shot(page, 'surprise-other-file');
});

test('the button in the title takes all colours away', async vscode => {
    const { page } = vscode;
    await page.locator('.editor-actions a[aria-label*="Toggle Surprise View"]').click();
    await cells(page).first().waitFor({ state: 'detached' });
    assert.equal(await cells(page).count(), 0);
    assert.equal(await save(vscode, 'parser.c'), PROGRAM);
});
