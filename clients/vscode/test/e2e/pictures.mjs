// Makes the pictures of the README, in ../../images, from the newest package: `npm run pictures`.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { goTo, openFile, quickFixes, ready, runCommand, statusItem } from './rig/actions.mjs';
import { lineColours } from './rig/heat.mjs';
import { example, onPath } from './rig/server.mjs';
import { useTheme } from './rig/shots.mjs';
import { squiggle } from './rig/squiggles.mjs';
import { openVSCode } from './rig/vscode.mjs';

const IMAGES = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../images');
const MAX_BYTES = 150_000;

// A small window, so that its text can be read at the width of a page; twice the points for sharp letters.
const WINDOW = { width: 880, height: 440 };
const SETTINGS = {
    'window.commandCenter': false,
    'window.menuBarVisibility': 'hidden',
    'workbench.layoutControl.enabled': false,
    'workbench.activityBar.location': 'hidden',
    'workbench.editor.editorActionsLocation': 'default',
    'breadcrumbs.enabled': false,
    'editor.stickyScroll.enabled': false,
    'editor.fontSize': 14,
    'editor.lineNumbersMinChars': 4,
    'editor.folding': false,
    'editor.glyphMargin': false,
    'editor.scrollBeyondLastLine': false,
    'editor.renderLineHighlight': 'none',
    'editor.cursorBlinking': 'solid',
    'editor.hover.above': false,
    'editor.occurrencesHighlight': 'off',
};

async function picture(page, name, theme = 'dark') {
    await useTheme(page, theme);
    const file = path.join(IMAGES, `${name}-${theme}.png`);
    const shot = await page.screenshot({ animations: 'disabled', caret: 'initial' });
    const { size } = await sharp(shot).png({ palette: true, colours: 256, compressionLevel: 9, effort: 10 }).toFile(file);
    console.log(`${path.relative(process.cwd(), file)}: ${Math.round(size / 1000)} kB`);
    if (size > MAX_BYTES) throw new Error(`${file} has ${size} bytes, more than ${MAX_BYTES}`);
}

/** Shows a line in the middle of the window, with the cursor in it. */
async function look(page, line, column) {
    await goTo(page, line, column);
    await page.locator('.editor-instance .view-line').first().waitFor();
}

async function tell(page) {
    await runCommand(page, 'Show or Focus Hover');
    await page.locator('.monaco-hover .hover-contents').first().waitFor();
}

async function ofC(page) {
    await ready(page);
    await page.keyboard.press('Control+b');
    await page.locator('.part.sidebar').waitFor({ state: 'hidden' });
    await look(page, 27, 75);
    await squiggle(page).first().waitFor();
    await tell(page);
    await picture(page, 'squiggle', 'light');
    await picture(page, 'squiggle');
    await page.keyboard.press('Escape');
    await quickFixes(page, 'Insert `)` here');
    await picture(page, 'quickfix');
    await page.keyboard.press('Escape');
    await statusItem(page).click();
    await page.locator('.quick-input-list .monaco-list-row').first().waitFor();
    await picture(page, 'menu');
    await page.keyboard.press('Escape');
    await page.mouse.move(20, 200);
}

async function ofHtml(page) {
    await openFile(page, 'navbar.html');
    await look(page, 20, 9);
    await squiggle(page).first().waitFor();
    await tell(page);
    await picture(page, 'html');
    await page.keyboard.press('Escape');
}

async function ofSurprise(page) {
    await openFile(page, 'missing_paren.c');
    await look(page, 32, 1);
    await runCommand(page, 'lm-lint: Toggle Surprise View');
    await lineColours(page, 32);
    await page.locator('[id="lm-lint.lm-lint.lmLint.legend"]').hover();
    await page.locator('.monaco-hover', { hasText: 'How surprising each token is' }).waitFor();
    await picture(page, 'surprise', 'light');
    await picture(page, 'surprise');
    await page.mouse.move(20, 200);
    await page.locator('.monaco-hover', { hasText: 'How surprising each token is' }).waitFor({ state: 'hidden' });
    await page.setViewportSize({ ...WINDOW, height: 560 });
    await look(page, 27, 76);
    await tell(page);
    await page.locator('.monaco-hover', { hasText: 'surprisal' }).first().waitFor();
    await picture(page, 'hover');
    await page.keyboard.press('Escape');
    await runCommand(page, 'lm-lint: Toggle Surprise View');
}

async function ofWalkthrough(page) {
    await page.setViewportSize({ width: 1180, height: 800 });
    await runCommand(page, 'lm-lint: Open Walkthrough');
    await page.locator('.gettingStartedContainer .getting-started-step', { hasText: 'See a slip' }).click();
    await page.frameLocator('iframe.webview').frameLocator('#active-frame').locator('svg').first().waitFor();
    await picture(page, 'walkthrough');
}

fs.mkdirSync(IMAGES, { recursive: true });
const vscode = await openVSCode({
    files: { 'missing_paren.c': example('missing_paren.c'), 'navbar.html': example('html/navbar.html') },
    show: 'missing_paren.c',
    env: onPath(),
    settings: SETTINGS,
    viewport: WINDOW,
    scale: 2,
});
try {
    for (const part of [ofC, ofHtml, ofSurprise, ofWalkthrough]) await part(vscode.page);
} finally {
    await vscode.close();
}
