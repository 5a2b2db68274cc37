// What a person does in the editor, and where they see that it was done.
import fs from 'node:fs';
import path from 'node:path';

/** Runs a command by its title, through the command palette. */
export async function runCommand(page, title) {
    await page.keyboard.press('F1');
    const input = page.locator('.quick-input-widget input');
    await input.waitFor();
    await input.fill(`>${title}`);
    await page.locator('.quick-input-list .monaco-list-row.focused', { hasText: title }).waitFor();
    await page.keyboard.press('Enter');
}

/** The row of a quick pick that has this text. */
export function quickPick(page, text) {
    return page.locator('.quick-input-list .monaco-list-row', { hasText: text }).first();
}

/** Opens a file of the project by name and waits until its text is there. */
export async function openFile(page, name) {
    await page.keyboard.press('Control+p');
    const input = page.locator('.quick-input-widget input');
    await input.waitFor();
    await input.fill(name);
    // Until what was typed is looked for, the list holds files that were open before.
    await page.locator(`.quick-input-list .monaco-list-row.focused[aria-label*="${path.basename(name)}"]`).waitFor();
    await page.keyboard.press('Enter');
    await page.locator(`.tab.active[data-resource-name="${path.basename(name)}"]`).waitFor();
    await page.locator('.editor-instance .monaco-editor.focused .view-line').first().waitFor();
}

/** Line and column from 1, as the status bar shows them. */
export async function goTo(page, line, column) {
    await page.keyboard.press('Control+g');
    const input = page.locator('.quick-input-widget input');
    await input.waitFor();
    await input.fill(`:${line}:${column}`);
    await page.keyboard.press('Enter');
    await page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
    await page.locator('[id="status.editor.selection"]', { hasText: `Ln ${line}, Col ${column}` }).waitFor();
}

/** Saves, waits until the tab says so, and gives what the disk holds. */
export async function save(vscode, name) {
    await vscode.page.keyboard.press('Control+s');
    await vscode.page.locator(`.tab.active:not(.dirty)[data-resource-name="${path.basename(name)}"]`).waitFor();
    return onDisk(vscode, name);
}

export const onDisk = (vscode, name) => fs.readFileSync(path.join(vscode.project, name), 'utf8');

/** Opens the menu of quick fixes at the cursor, by keyboard, and waits for this one. */
export async function quickFixes(page, title) {
    await page.keyboard.press('Control+.');
    const row = page.locator('.action-widget .monaco-list-row', { hasText: title }).first();
    await row.waitFor();
    return row;
}

/** Walks down the open menu of quick fixes by keyboard until this one is chosen, and takes it. */
export async function chooseQuickFix(page, title) {
    const focused = page.locator('.action-widget .monaco-list-row.focused');
    await focused.waitFor();
    const rows = await page.locator('.action-widget .monaco-list-row').count();
    for (let i = 0; i < rows && !(await focused.innerText()).includes(title); i++) {
        const before = await focused.getAttribute('data-index');
        await page.keyboard.press('ArrowDown');
        await page.locator(`.action-widget .monaco-list-row.focused:not([data-index="${before}"])`).waitFor();
    }
    await page.keyboard.press('Enter');
    await page.locator('.action-widget').waitFor({ state: 'hidden' });
}

/** Opens the menu of quick fixes at the cursor and takes this one. */
export async function takeQuickFix(page, title) {
    await quickFixes(page, title);
    await chooseQuickFix(page, title);
}

export const statusItem = page => page.locator('[id="lm-lint.lm-lint.lmLint.status"]');

/** Waits until the model is there. */
export async function ready(page) {
    await statusItem(page).filter({ hasText: /small/ }).waitFor();
}

export const notice = (page, text) => page.locator('.notifications-toasts .notification-toast', { hasText: text });
