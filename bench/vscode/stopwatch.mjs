// Times taken in the page itself: from a key to the frame in which something is on the screen.

/** Runs in a page from its beginning: notes when text and when a squiggle were first there, since it was asked for. */
export function noteFirsts() {
    const wanted = { text: '.editor-instance .view-line span', squiggle: '.editor-instance .squiggly-error' };
    window.lmLintFirsts = {};
    const look = () => {
        for (const [name, selector] of Object.entries(wanted)) {
            if (!(name in window.lmLintFirsts) && document.querySelector(selector)) window.lmLintFirsts[name] = performance.now();
        }
        if (Object.keys(window.lmLintFirsts).length < 2) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
}

/** Runs in the page. `until` is the text of a condition, which is looked at once a frame after the key went down. */
function arm([key, until]) {
    const condition = new Function(`return ${until}`);
    window.lmLintElapsed = new Promise((resolve, reject) => {
        setTimeout(() => reject(new Error(`after half a minute there was no ${until}`)), 30_000);
        const onKey = event => {
            if (event.key !== key) return;
            window.removeEventListener('keydown', onKey, true);
            const start = performance.now();
            const look = () => (condition() ? resolve(performance.now() - start) : requestAnimationFrame(look));
            requestAnimationFrame(look);
        };
        window.addEventListener('keydown', onKey, true);
    });
}

/** Presses a key, or does what `press` does, which ends with that key; gives the milliseconds until the condition held. */
export async function time(page, key, until, press = () => page.keyboard.press(key)) {
    await page.evaluate(arm, [key, until]);
    await press();
    return page.evaluate(() => window.lmLintElapsed);
}
