// Bundles the extension into dist/extension.js; `--watch` builds again at each change, `--dev` keeps names and maps.
// Beside it, dist/LICENSES.txt has the licences of the packages that the bundle holds, as these ask for.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { context } from 'esbuild';

const watch = process.argv.includes('--watch');
const dev = watch || process.argv.includes('--dev');

const licences = {
    name: 'licences',
    setup: (build) =>
        build.onEnd(({ metafile }) => metafile && writeFileSync('dist/LICENSES.txt', collected(metafile))),
};

function collected(metafile) {
    const folders = Object.keys(metafile.inputs).map((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]);
    return [...new Set(folders)].filter(Boolean).sort().map(licenceIn).join('\n\n');
}

function licenceIn(folder) {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    if (!file) throw new Error(`${name} ${version} (${license}) brings no licence along`);
    return `${name} ${version}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
}

const bundle = await context({
    entryPoints: ['src/extension.ts'],
    outfile: 'dist/extension.js',
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: ['vscode'],
    minify: !dev,
    sourcemap: dev,
    metafile: true,
    legalComments: 'none',
    logLevel: 'info',
    plugins: [licences],
});
if (watch) {
    await bundle.watch();
} else {
    await bundle.rebuild();
    await bundle.dispose();
}
