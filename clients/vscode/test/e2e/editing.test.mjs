// Findings in the languages that lm-lint knows, and what is done about them: all by keyboard, as a person would.
import assert from 'node:assert/strict';
import { after } from 'node:test';
import { chooseQuickFix, goTo, openFile, quickFixes, runCommand, save, takeQuickFix } from './rig/actions.mjs';
import { answer, example, lmLint } from './rig/server.mjs';
import { shot } from './rig/shots.mjs';
import { squiggle, squiggleCount, squigglePlaces, watchSquiggles } from './rig/squiggles.mjs';
import { inWindow } from './rig/suite.mjs';
import { newestFindings, tapped } from './rig/wire.mjs';

const CASES = [
    { language: 'C', file: 'missing_paren.c', title: 'Insert `)` here' },
    { language: 'HTML', file: 'html/article.html', title: 'Replace `</h2>` by `</h1>`' },
    { language: 'Python', file: 'python/bank.py', title: 'Indent by 8 spaces' },
];

const CORRECT = `#include <stdio.h>

int main(void)
{
    int values[3] = {1, 2, 3};

    for (int i = 0; i < 3; i++) {
        printf("%d\\n", values[i]);
    }
    return 0;
}
`;
const TWO_SLIPS = CORRECT.replace('3};', '3;').replace('values[i]);', 'values[i]));');

const wire = tapped(lmLint());
after(() => wire.remove());

const test = inWindow({
    files: {
        ...Object.fromEntries(CASES.map(({ file }) => [file, example(file)])),
        'page.hbs': '<ul>\n{{#each items}}\n  <li><a href="{{url}}">{{name}}</li>\n{{/each}}\n</ul>\n',
        'typing.c': CORRECT,
        'save.c': TWO_SLIPS,
        'ignore.c': example('missing_paren.c'),
    },
    show: 'missing_paren.c',
    settings: {
        'lmLint.server.path': wire.command,
        // No pause of a busy machine is taken for one of the person who types.
        'lmLint.typing.pauseMs': 30_000,
        // The text is then as incomplete as it is typed.
        'editor.autoClosingBrackets': 'never',
        'editor.codeActionsOnSave': { 'source.fixAll.lmLint': 'explicit' },
        'files.trimTrailingWhitespace': false,
    },
});

/** The text with the repair that the answers name. */
function mended(file) {
    const { line, column, old, new: text } = answer(file).repairs[0];
    const lines = example(file).split('\n');
    const row = lines[line - 1];
    assert.equal(row.slice(column - 1, column - 1 + old.length), old);
    lines[line - 1] = row.slice(0, column - 1) + text + row.slice(column - 1 + old.length);
    return lines.join('\n');
}

for (const { language, file, title } of CASES) {
    test(`${language}: a squiggle where the slip is, and a quick fix that mends it`, async vscode => {
        const { page } = vscode;
        await openFile(page, file);
        await squiggle(page).first().waitFor();
        const places = await squigglePlaces(page);
        const [{ line, column }] = answer(file).repairs;
        assert.equal(places.length, 1);
        assert.equal(places[0].line, line);
        assert.ok(places[0].column <= column && column <= places[0].endColumn, `${JSON.stringify(places)}: column ${column}`);
        await shot(page, `squiggle-${language}`);

        await goTo(page, line, places[0].column);
        await quickFixes(page, title);
        await shot(page, `quick-fix-${language}`);
        await chooseQuickFix(page, title);
        await squiggleCount(page, 0);
        assert.equal(await save(vscode, file), mended(file));
    });
}

test('a template dialect that has a language of its own', async ({ page }) => {
    await openFile(page, 'page.hbs');
    await squiggle(page).first().waitFor();
    assert.deepEqual((await squigglePlaces(page)).map(place => place.line), [3]);
});

test('the hover tells what is missing, and the Problems panel lists it', async ({ page }) => {
    await openFile(page, 'ignore.c');
    await squiggle(page).first().waitFor();
    await goTo(page, 27, 75);
    await runCommand(page, 'Show or Focus Hover');
    await page.locator('.monaco-hover', { hasText: '`)` expected before `{`' }).first().waitFor();
    await shot(page, 'hover-of-a-finding');
    await page.keyboard.press('Escape');
    await runCommand(page, 'View: Focus Problems');
    const row = page.locator('.markers-panel .monaco-list-row', { hasText: '`)` expected before `{`' });
    await row.waitFor();
    assert.match(await row.innerText(), /lm-lint\s+missing-token\s+\[Ln 27, Col 75\]/);
    await shot(page, 'problems');
    await page.keyboard.press('Control+j');
    await page.locator('.part.panel').waitFor({ state: 'hidden' });
});

test('a finding is ignored by a comment', async ({ page }) => {
    await openFile(page, 'ignore.c');
    await squiggle(page).first().waitFor();
    await goTo(page, 27, 75);
    await takeQuickFix(page, 'Ignore this finding here (missing-token)');
    await squiggleCount(page, 0);
    await page.locator('.view-line', { hasText: /lm-lint:\signore\[missing-token\]/ }).waitFor();
    await shot(page, 'ignored');
});

test('what is certain is repaired on save', async vscode => {
    await openFile(vscode.page, 'save.c');
    await squiggleCount(vscode.page, 2);
    await shot(vscode.page, 'before-saving');
    await vscode.page.keyboard.press('Control+End');
    await vscode.page.keyboard.press('Enter'); // only a text that was changed is saved
    assert.equal(await save(vscode, 'save.c'), `${CORRECT}\n`);
    await squiggleCount(vscode.page, 0);
});

test('nothing is raised where somebody types, and on saving everything is said', async vscode => {
    const { page } = vscode;
    await openFile(page, 'typing.c');
    await goTo(page, 8, 35);
    await page.keyboard.press('Enter');
    const seen = await watchSquiggles(page);
    await page.keyboard.type('printf("%d\\n", values[i', { delay: 40 });
    await page.locator('.view-line', { hasText: /values\[i$/ }).waitFor();

    const findings = await wire.until(said => {
        const typed = said.findLast(it => it.message.method === 'textDocument/didChange');
        return typed?.message.params.contentChanges[0].text === 'i' ? newestFindings(said, 'typing.c') : undefined;
    });
    assert.deepEqual(findings.items ?? [], []);
    assert.deepEqual(await seen(), []);
    await shot(page, 'typing');

    // The very same text, once nobody types.
    await save(vscode, 'typing.c');
    await squiggle(page).first().waitFor();
    assert.equal((await squigglePlaces(page))[0].line, 9);
    await shot(page, 'typing-saved');
});
