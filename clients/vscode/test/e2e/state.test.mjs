// What the editor shows beside the text: the status bar item and its menu, the log, the doctor, the walkthrough;
// and settings that change meanwhile.
import assert from 'node:assert/strict';
import { goTo, notice, quickPick, ready, runCommand, statusItem } from './rig/actions.mjs';
import { example, onPath } from './rig/server.mjs';
import { shot } from './rig/shots.mjs';
import { squiggle, squiggleCount, squigglePlaces } from './rig/squiggles.mjs';
import { inWindow } from './rig/suite.mjs';

const test = inWindow({
    files: { 'missing_paren.c': example('missing_paren.c') },
    show: 'missing_paren.c',
    env: onPath(),
});

test('the status bar item tells model and device, and opens a menu', async ({ page }) => {
    await ready(page);
    await squiggle(page).first().waitFor();
    assert.match(await statusItem(page).innerText(), /lm-lint: small, \w+/);
    await statusItem(page).click();
    for (const entry of ['Show the surprise view', 'Repair all in this file', 'Restart', 'Show log', 'Switch model', 'Doctor']) {
        await quickPick(page, entry).waitFor();
    }
    await shot(page, 'menu');
    await page.keyboard.press('Escape');
    await statusItem(page).hover();
    await page.locator('.monaco-hover', { hasText: 'Click for the menu' }).waitFor();
    await shot(page, 'status-hover');
});

test('the menu repairs all in the file', async ({ page }) => {
    await page.locator('.view-lines').first().click();
    await goTo(page, 1, 1);
    await statusItem(page).click();
    await quickPick(page, 'Repair all in this file').click();
    await squiggleCount(page, 0);
    await page.keyboard.press('Control+z');
    await squiggleCount(page, 1);
});

test('a changed setting takes effect at once', async ({ page, configure }) => {
    configure({ 'lmLint.exclude': ['*.c'] });
    await squiggleCount(page, 0);
    configure({ 'lmLint.exclude': [] });
    await squiggleCount(page, 1);
    configure({ 'lmLint.enable': false });
    await squiggleCount(page, 0);
    configure({ 'lmLint.enable': true });
    await squiggleCount(page, 1);
});

test('a wrong setting is told in a sentence, and mended by another', async ({ page, configure }) => {
    configure({ 'lmLint.server.path': '/nowhere/lm-lint' });
    const told = notice(page, 'The setting lmLint.server.path is "/nowhere/lm-lint", which is not there.');
    await told.waitFor();
    await told.getByText('Open Settings').waitFor();
    await squiggleCount(page, 0);
    await shot(page, 'wrong-setting');
    configure({ 'lmLint.server.path': undefined });
    await ready(page);
    await squiggleCount(page, 1);
    await runCommand(page, 'Notifications: Clear All Notifications');
});

test('the doctor and the log open in the panel', async ({ page }) => {
    await runCommand(page, 'lm-lint: Doctor');
    // What is in the channel does not show here: VS Code's own writer of logs is a compiled module, which is left out.
    await page.locator('.part.panel .output-view-container, .part.panel .output-view').first().waitFor();
    await page.waitForFunction(() => document.querySelector('.part.panel select')?.selectedOptions[0]?.text === 'lm-lint');
    await shot(page, 'doctor');
    await page.keyboard.press('Control+j');
    await page.locator('.part.panel').waitFor({ state: 'hidden' });
});

test('the walkthrough opens, and its sample has a slip', async ({ page }) => {
    await runCommand(page, 'lm-lint: Open Walkthrough');
    await page.locator('.gettingStartedContainer', { hasText: 'Get Started with lm-lint' }).waitFor();
    await page.locator('.gettingStartedContainer .getting-started-step', { hasText: 'See a slip' }).click();
    await shot(page, 'walkthrough');
    await page.locator('.gettingStartedContainer').getByText('Open the Sample', { exact: true }).click();
    await page.locator('.tab.active', { hasText: 'Untitled-1' }).waitFor();
    await squiggle(page).first().waitFor();
    assert.equal((await squigglePlaces(page)).length, 1);
    await shot(page, 'sample');
});
