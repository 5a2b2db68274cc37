// One window for the tests of a file, since starting one costs seconds; a picture of it when a test fails.
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { artifacts } from './shots.mjs';
import { openVSCode } from './vscode.mjs';

/** Resolves to what takes the tests; `options` are those of openVSCode, or a function that makes them. */
export function inWindow(options) {
    let vscode;
    before(async () => {
        vscode = await openVSCode(typeof options === 'function' ? await options() : options);
    });
    after(() => vscode?.close());
    return (title, run) => test(title, async () => {
        try {
            await run(vscode);
        } catch (error) {
            fs.mkdirSync(artifacts, { recursive: true });
            const file = `failed-${title.replaceAll(/\W+/g, '-')}.png`;
            await vscode?.page.screenshot({ path: path.join(artifacts, file) });
            throw error;
        }
    });
}
