// Where the squiggles are, as a person sees them: by lines and by the characters above them.

const KINDS = { error: '.squiggly-error', warning: '.squiggly-warning', hint: '.squiggly-hint' };
const ANY = Object.values(KINDS).map(kind => `.editor-instance ${kind}`).join(', ');

/** Runs in the page: the squiggles as {line, column, endColumn, kind}, from 1, ordered; columns in UTF-16 units. */
function readPlaces(kinds) {
    const near = (a, b) => Math.abs(a - b) < 2;
    const rows = [...document.querySelectorAll('.editor-instance .monaco-editor .view-line')];
    const numbers = [...document.querySelectorAll('.editor-instance .margin-view-overlays .line-numbers')];
    const columns = (row, left, right) => {
        const walker = document.createTreeWalker(row, NodeFilter.SHOW_TEXT);
        const range = document.createRange();
        let column = 1, first, last;
        for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            for (let i = 0; i < node.length; i++, column++) {
                range.setStart(node, i);
                range.setEnd(node, i + 1);
                const box = range.getBoundingClientRect();
                const middle = (box.left + box.right) / 2;
                if (middle <= left || middle >= right) continue;
                first ??= column;
                last = column;
            }
        }
        return first ? [first, last + 1] : [column, column + 1]; // beyond the last character
    };
    const res = [];
    for (const [kind, selector] of Object.entries(kinds)) {
        for (const squiggle of document.querySelectorAll(`.editor-instance ${selector}`)) {
            const box = squiggle.getBoundingClientRect();
            const top = squiggle.parentElement.getBoundingClientRect().top;
            const row = rows.find(it => near(it.getBoundingClientRect().top, top));
            const number = numbers.find(it => near(it.getBoundingClientRect().top, top));
            if (!row || !number) continue;
            const [column, endColumn] = columns(row, box.left, box.right);
            res.push({ line: Number(number.textContent), column, endColumn, kind });
        }
    }
    return res.sort((a, b) => a.line - b.line || a.column - b.column);
}

export const squigglePlaces = page => page.evaluate(readPlaces, KINDS);

export const squiggle = page => page.locator(ANY);

/** Waits until the active editor shows exactly this many; those outside the visible lines are not drawn. */
export function squiggleCount(page, count) {
    return page.waitForFunction(([selector, n]) => document.querySelectorAll(selector).length === n, [ANY, count]);
}

/** From now on, notes the line of each squiggle that is drawn, however short it stays. */
export async function watchSquiggles(page) {
    await page.evaluate(({ kinds, read }) => {
        const places = new Function(`return ${read}`)();
        window.lmLintSeen = [];
        const look = () => window.lmLintSeen.push(...places(kinds));
        window.lmLintObserver = new MutationObserver(look);
        window.lmLintObserver.observe(document.querySelector('.editor-instance .view-overlays'),
            { childList: true, subtree: true, attributes: true });
        look();
    }, { kinds: KINDS, read: readPlaces.toString() });
    return () => page.evaluate(() => window.lmLintSeen);
}
