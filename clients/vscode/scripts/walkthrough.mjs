// Draws the pictures of the walkthrough: `npm run walkthrough`. The editor puts the colours of its theme in, as
// variables of its style sheet; the second value of each is for viewers that have none.
import { readFileSync, writeFileSync } from 'node:fs';

const folder = new URL('../media/walkthrough/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

const FORE = 'var(--vscode-editor-foreground, #3b3b3b)';
const BACK = 'var(--vscode-editor-background, #ffffff)';
const QUIET = 'var(--vscode-descriptionForeground, #767676)';
const FRAME = 'var(--vscode-descriptionForeground, #767676)';
const WIDGET = 'var(--vscode-editorWidget-background, #f3f3f3)';
const CHOSEN = 'var(--vscode-list-activeSelectionBackground, #cce0f5)';
const CHOSEN_TEXT = 'var(--vscode-list-activeSelectionForeground, #000000)';
const WRONG = 'var(--vscode-editorError-foreground, #e51400)';
const GOOD = 'var(--vscode-charts-green, #388a34)';

const CODE =
    'font-family="var(--vscode-editor-font-family, monospace), monospace" font-size="17" font-variant-ligatures="none" xml:space="preserve"';
const TEXT = 'font-family="var(--vscode-font-family, sans-serif), sans-serif" font-size="15"';
const CHAR = 10.2; // the width that a line of code is stretched to, for each character

const escaped = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');
const box = (x, y, width, height, fill, stroke = FRAME) =>
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="6" fill="${fill}" stroke="${stroke}" stroke-opacity="0.45"/>`;
const code = (x, y, text, fill = FORE) =>
    `<text x="${x}" y="${y}" ${CODE} fill="${fill}" textLength="${(text.length * CHAR).toFixed(1)}">${escaped(text)}</text>`;
const text = (x, y, words, fill = FORE) => `<text x="${x}" y="${y}" ${TEXT} fill="${fill}">${escaped(words)}</text>`;
const squiggle = (x, y, waves = 3) =>
    `<path d="M${x} ${y} ${'q2.5 -5 5 0 t5 0 '.repeat(waves)}" fill="none" stroke="${WRONG}" stroke-width="2"/>`;
const arrow = (x, y, length) =>
    `<path d="M${x} ${y} v${length} m-6 -8 l6 8 l6 -8" fill="none" stroke="${QUIET}" stroke-width="2"/>`;

function draw(name, height, parts) {
    const body = [box(1, 1, 558, height - 2, BACK), ...parts].join('\n  ');
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 560 ${height}">\n  ${body}\n</svg>\n`;
    writeFileSync(new URL(`${name}.svg`, folder), svg);
}

const SLIP = 'while (n < 100 && fgets(line, 80, in) != NULL {';
const MENDED = SLIP.replace('NULL {', 'NULL) {');
const gap = (text, before) => text.indexOf(before) * CHAR;

draw('server', 300, [
    ...['the settings', 'the selected Python environment', 'PATH', 'an environment of its own'].flatMap(
        (place, idx) => [
            box(120, 24 + 68 * idx, 320, 44, idx === 3 ? CHOSEN : WIDGET),
            text(140, 52 + 68 * idx, place, idx === 3 ? CHOSEN_TEXT : FORE),
            ...(idx < 3 ? [arrow(280, 70 + 68 * idx, 18)] : []),
        ],
    ),
    text(452, 256, 'one click', QUIET),
]);

draw('slip', 190, [
    code(28, 48, SLIP),
    squiggle(28 + gap(SLIP, ' {'), 54, 2),
    box(120, 78, 400, 44, WIDGET),
    text(138, 106, '`)` expected before `{` lm-lint(missing-token)'),
    code(48, 160, 'total += value;'),
]);

draw('repair', 236, [
    code(28, 48, SLIP),
    squiggle(28 + gap(SLIP, ' {'), 54, 2),
    box(150, 74, 330, 138, WIDGET),
    box(156, 80, 318, 34, CHOSEN, 'none'),
    text(172, 103, 'Insert `)` here', CHOSEN_TEXT),
    text(172, 141, 'Insert `)` before `!=`'),
    text(172, 187, 'Ignore this finding here (missing-token)'),
    `<path d="M160 158 H470" stroke="${FRAME}" stroke-opacity="0.45"/>`,
]);

draw('save', 190, [
    code(28, 48, SLIP),
    squiggle(28 + gap(SLIP, ' {'), 54, 2),
    arrow(280, 70, 40),
    text(300, 96, 'save', QUIET),
    code(28, 148, MENDED),
    `<rect x="${(27 + gap(MENDED, ') {')).toFixed(1)}" y="130" width="${CHAR + 3}" height="24" rx="3" fill="none" stroke="${GOOD}" stroke-width="2"/>`,
]);

// Tokens of a line and the level of each, as the surprise view showed them.
const TOKENS = [
    ['avg', 5],
    [' =', 2],
    [' aver', 4],
    ['age', 6],
    ['(', 1],
    ['marks', 3],
    [',', 2],
    [' STU', 6],
    ['DENTS', 2],
    [')', 1],
];
const colour = (level) => {
    const { id, defaults } = manifest.contributes.colors[level - 1];
    return `var(--vscode-${id.replace('.', '-')}, ${defaults.light})`;
};
let column = 0;
const painted = TOKENS.flatMap(([token, level]) => {
    const x = 40 + column * CHAR;
    column += token.length;
    return `<rect x="${x.toFixed(1)}" y="30" width="${(token.length * CHAR).toFixed(1)}" height="26" fill="${colour(level)}"/>`;
});
draw('surprise', 190, [
    ...painted,
    code(40, 49, TOKENS.map(([token]) => token).join('')),
    ...[1, 2, 3, 4, 5, 6, 7].map(
        (level) => `<rect x="${40 + 62 * (level - 1)}" y="104" width="62" height="26" fill="${colour(level)}"/>`,
    ),
    text(40, 154, 'expected', QUIET),
    text(400, 154, 'surprising', QUIET),
]);
