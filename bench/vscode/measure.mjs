// Measures the extension in a real editor and writes bench/results/vscode.md: `npm run bench -w clients/vscode`.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { goTo, openFile, ready, runCommand } from '../../clients/vscode/test/e2e/rig/actions.mjs';
import { readColours } from '../../clients/vscode/test/e2e/rig/heat.mjs';
import { extensionHosts, languageServers, memoryMib } from '../../clients/vscode/test/e2e/rig/processes.mjs';
import { example, onPath, repository } from '../../clients/vscode/test/e2e/rig/server.mjs';
import { squiggle, squiggleCount } from '../../clients/vscode/test/e2e/rig/squiggles.mjs';
import { longC, returnLine } from '../../clients/vscode/test/e2e/rig/texts.mjs';
import { openVSCode, vsix } from '../../clients/vscode/test/e2e/rig/vscode.mjs';
import { report } from './report.mjs';
import { noteFirsts, time } from './stopwatch.mjs';

const RUNS = Number(process.env.RUNS ?? 5);
const STROKES = Number(process.env.STROKES ?? 30);
const SIZES = [200, 2000];

const COUNT = "document.querySelectorAll('.editor-instance .squiggly-error, .editor-instance .squiggly-warning').length";
const LAST = 'int last(void)\n{\n    int value = 3;\n    return value;\n}\n';
const WARM = Array.from({ length: 20 }, (_, idx) => `warm${idx}.c`);
const FILES = {
    'first.c': example('missing_paren.c'),
    ...Object.fromEntries(WARM.map((name, idx) => [name, `/* ${idx} */\n${LAST.replace('= 3;', '= 3')}${longC(56)}`])),
    ...Object.fromEntries(SIZES.map(size => [`keys${size}.c`, longC(size - 8) + LAST])),
    'long.c': longC(5000),
};

// All of the example is in view.
const open = options => openVSCode({ files: FILES, show: 'first.c', env: onPath(), viewport: { width: 1200, height: 1400 }, ...options });

async function inWindow(options, measure) {
    const vscode = await open(options);
    try {
        return await measure(vscode);
    } finally {
        await vscode.close();
    }
}

/** The editor itself is started with the file, so the extension and the server are started, too. */
function cold() {
    return inWindow({ init: noteFirsts }, async ({ page }) => {
        await squiggle(page).first().waitFor();
        const { text, squiggle: first } = await page.evaluate(() => window.lmLintFirsts);
        return { text, squiggle: first, between: first - text };
    });
}

async function warm(page) {
    const res = [];
    for (const name of WARM) {
        await page.keyboard.press('Control+p');
        await page.locator('.quick-input-widget input').fill(name);
        await page.locator(`.quick-input-list .monaco-list-row.focused[aria-label*="${name}"]`).waitFor();
        res.push(await time(page, 'Enter', `document.querySelector('.tab.active[data-resource-name="${name}"]') && ${COUNT} === 1`));
    }
    return res;
}

/** A `;` is taken away and typed again; each time the next key waits for the squiggle to come or to go. */
async function keystrokes(page, size) {
    await openFile(page, `keys${size}.c`);
    await squiggleCount(page, 0);
    await goTo(page, size - 5, 19); // behind `int value = 3;`
    const res = { comes: [], goes: [] };
    for (let i = 0; i < STROKES; i++) {
        res.comes.push(await time(page, 'Backspace', `${COUNT} === 1`));
        res.goes.push(await time(page, ';', `${COUNT} === 0`));
    }
    return res;
}

const cellsOf = line => `((${readColours})()[${line}] ?? [])`;
const coloursOf = line => `${cellsOf(line)}.map(cell => cell.colour).join(' ')`;

/** Switched on and off again; what the server has read by then is still known to it. */
async function toggles(page, line) {
    const toggle = () => runCommand(page, 'lm-lint: Toggle Surprise View');
    const res = [];
    for (let i = 0; i < RUNS; i++) {
        if (i) await time(page, 'Enter', `!${coloursOf(line)}`, toggle);
        res.push(await time(page, 'Enter', coloursOf(line), toggle));
    }
    return res;
}

/** The editor moves the old colours along at once; only the server's answer gives an odd letter a colour of its own. */
async function letters(page, line) {
    const usual = await page.evaluate(coloursOf(line));
    const isNew = `${cellsOf(line)}.some(cell => cell.right > cell.left && !${JSON.stringify(usual)}.includes(cell.colour))`;
    const res = [];
    for (let i = 0; i < STROKES; i += 2) {
        res.push(await time(page, 'q', isNew));
        res.push(await time(page, 'Backspace', `${coloursOf(line)} === ${JSON.stringify(usual)}`));
    }
    return res;
}

/** A letter is added to a word and taken away again; and the view jumps to lines that were not asked for before. */
async function surprise(page) {
    await openFile(page, 'long.c');
    const line = returnLine(2500);
    await goTo(page, line, 15); // behind `    return sum`
    const res = { on: await toggles(page, line), key: await letters(page, line), jump: [] };
    for (let i = 0; i < 20; i++) {
        const target = returnLine(80 + 240 * i);
        await page.keyboard.press('Control+g');
        await page.locator('.quick-input-widget input').fill(`:${target}`);
        res.jump.push(await time(page, 'Enter', coloursOf(target)));
    }
    return res;
}

const extensionHostMib = ({ pid }) => memoryMib(extensionHosts(pid)[0].pid);

/** Without a pause of the person who types: what editor and server take. */
function quick() {
    return inWindow({ settings: { 'lmLint.typing.pauseMs': 0 } }, async vscode => {
        const { page, pid } = vscode;
        await ready(page);
        const res = { warm: await warm(page), keys: {} };
        for (const size of SIZES) res.keys[size] = await keystrokes(page, size);
        res.surprise = await surprise(page);
        res.memory = { host: extensionHostMib(vscode), server: memoryMib(languageServers(pid)[0].pid) };
        return res;
    });
}

/** As it is installed: nothing is said of the place that is typed before a pause of 400 ms. */
function asInstalled() {
    return inWindow({}, async ({ page }) => {
        await ready(page);
        return keystrokes(page, SIZES[0]);
    });
}

/** The same files are opened in an editor that has no lm-lint. */
function bare() {
    return inWindow({ without: true }, async vscode => {
        for (const name of [...WARM, ...SIZES.map(size => `keys${size}.c`), 'long.c']) await openFile(vscode.page, name);
        return extensionHostMib(vscode);
    });
}

const loadBefore = os.loadavg();
const results = { cold: [], quick: await quick(), installed: await asInstalled(), bare: await bare() };
for (let i = 0; i < RUNS; i++) results.cold.push(await cold());
const text = report({ ...results, sizes: SIZES, vsixBytes: fs.statSync(vsix()).size, load: [loadBefore, os.loadavg()] });
fs.writeFileSync(path.join(repository, 'bench/results/vscode.md'), text);
console.log(text);
