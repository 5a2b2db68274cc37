// The colours of the surprise view, as they are on the screen.

export const cells = page => page.locator('.editor-instance .view-overlays [class*="TextEditorDecorationType"]');

/** Runs in the page, also as text: for each visible line that has colours, by its number: the backgrounds from left to right. */
export function readColours() {
    const numbers = [...document.querySelectorAll('.editor-instance .margin-view-overlays .line-numbers')];
    const res = {};
    for (const cell of document.querySelectorAll('.editor-instance .view-overlays [class*="TextEditorDecorationType"]')) {
        const { top } = cell.parentElement.getBoundingClientRect();
        const number = numbers.find(it => Math.abs(it.getBoundingClientRect().top - top) < 2);
        if (!number) continue;
        const box = cell.getBoundingClientRect();
        const cellsOfLine = res[number.textContent] ??= [];
        cellsOfLine.push({ left: box.left, right: box.right, colour: getComputedStyle(cell).backgroundColor });
    }
    for (const line of Object.values(res)) line.sort((a, b) => a.left - b.left);
    return res;
}

export const colours = page => page.evaluate(readColours);

/** Waits until `accept`, which runs in the page, likes the colours of this line; gives them. */
export async function lineColours(page, line, accept = 'cells => cells.length > 0') {
    const handle = await page.waitForFunction(([read, number, like]) => {
        const found = (0, eval)(`(${read})`)()[number] ?? [];
        return (0, eval)(`(${like})`)(found) ? found : undefined;
    }, [readColours.toString(), String(line), accept.toString()]);
    return handle.jsonValue();
}
