// The files of the workspace that are not open: looked at only where that is wanted, and at no open file's cost.
import { goTo, ready } from './rig/actions.mjs';
import { example, onPath } from './rig/server.mjs';
import { squiggleCount } from './rig/squiggles.mjs';
import { inWindow } from './rig/suite.mjs';

const CORRECT = 'int area(int width, int height)\n{\n    return (width * height);\n}\n';

const test = inWindow({
    files: { 'area.c': CORRECT, 'other/slip.c': example('missing_paren.c') },
    show: 'area.c',
    settings: { 'editor.autoClosingBrackets': 'never' },
    env: onPath(),
});

const problems = (page, count) =>
    page.locator('[id="status.problems"]', { hasText: new RegExp(`^\\s*${count}\\s*0\\s*$`) }).waitFor();

/** A slip at the end of the third line, found after the pause, and taken back. */
async function slipAndMend(page, others) {
    await goTo(page, 3, 28);
    await page.keyboard.press('Backspace');
    await page.keyboard.press('Backspace');
    await page.keyboard.type(';');
    await squiggleCount(page, 1);
    await problems(page, others + 1);
    await page.keyboard.press('Backspace');
    await page.keyboard.type(');');
    await squiggleCount(page, 0);
    await problems(page, others);
}

test('unless it is wanted, only what is open is looked at', async ({ page }) => {
    await ready(page);
    await slipAndMend(page, 0);
});

test('switched on, the other files are, too', async ({ page, configure }) => {
    configure({ 'lmLint.diagnostics.workspace': true });
    await problems(page, 1);
    await slipAndMend(page, 1);
});

test('switched off, it is as before', async ({ page, configure }) => {
    configure({ 'lmLint.diagnostics.workspace': undefined });
    await problems(page, 0);
    await slipAndMend(page, 0);
});
