// The page of results, from what was measured.
import os from 'node:os';

/** By linear interpolation, as most tools do. */
export function quantile(values, share) {
    const sorted = [...values].sort((a, b) => a - b);
    const place = (sorted.length - 1) * share;
    const below = sorted[Math.floor(place)];
    return below + (sorted[Math.ceil(place)] - below) * (place % 1);
}

const ms = value => Math.round(value).toLocaleString('en');
const row = (what, values) => `| ${what} | ${values.length} | ${ms(quantile(values, 0.5))} | ${ms(quantile(values, 0.95))} |`;
const mib = ({ now, peak }) => `${Math.round(now)} | ${Math.round(peak)} |`;

function times({ cold, quick, installed, sizes }) {
    return [
        row('the editor is started with a file: its text is shown', cold.map(run => run.text)),
        row('… and its first squiggle', cold.map(run => run.squiggle)),
        row('from text to squiggle, cold: extension, server and model are started', cold.map(run => run.between)),
        row('a file is opened, warm: first squiggle', quick.warm),
        ...sizes.flatMap(size => [
            row(`a key makes a slip in ${ms(size)} lines: the squiggle comes`, quick.keys[size].comes),
            row(`a key takes it back in ${ms(size)} lines: the squiggle goes`, quick.keys[size].goes),
        ]),
        row(`as installed (pause of 400 ms), ${ms(sizes[0])} lines: the squiggle comes`, installed.comes),
        row(`as installed (pause of 400 ms), ${ms(sizes[0])} lines: the squiggle goes`, installed.goes),
        row('surprise view in 5,000 lines: switched on', quick.surprise.on),
        row('surprise view in 5,000 lines: a key, until the colours are those of the new text', quick.surprise.key),
        row('surprise view in 5,000 lines: a jump to lines not seen before', quick.surprise.jump),
    ];
}

function machine(load) {
    const told = load.map(values => values[0].toFixed(1)).join(' before, ');
    return `${os.cpus().length} cores of ${os.cpus()[0].model.trim()}, no GPU, ${os.type()}, node ${process.versions.node}; load ${told} after.`;
}

export function report(results) {
    const { quick, bare, vsixBytes, load } = results;
    return `# The VS Code extension, in a real editor

    npm run bench --workspace clients/vscode

${machine(load)}
The editor is VS Code 1.100.3 (code-server 4.100.3) in headless Chromium on the same machine, drawn without a GPU. A load
above 0.5 before the start means that something else was running, so the times are upper bounds.

Times are taken in the page, from the key to the frame that shows it, in milliseconds. Where nothing else is said
\`lmLint.typing.pauseMs\` is 0, so that what is measured is the editor and the server, not the wait for the person.

| | n | p50 | p95 |
|---|--:|--:|--:|
${times(results).join('\n')}

| memory at the end, MiB | now | peak |
|---|--:|--:|
| extension host with lm-lint | ${mib(quick.memory.host)}
| extension host without it, the same files open | ${mib(bare)}
| server of lm-lint | ${mib(quick.memory.server)}

The package (.vsix) has ${Math.round(vsixBytes / 1000)} kB.
`;
}
