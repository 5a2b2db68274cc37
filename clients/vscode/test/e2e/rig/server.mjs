// The language server that the extension is to find: LM_LINT, or the one in the repository's .venv.
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../../..');

/** The lm-lint command. */
export function lmLint() {
    const command = process.env.LM_LINT ? path.resolve(process.env.LM_LINT) : path.join(repository, '.venv/bin/lm-lint');
    if (!fs.existsSync(command)) throw new Error(`${command} is not there: run \`make setup\`, or set LM_LINT`);
    return command;
}

/** The Python that runs it. */
export const python = () => path.join(path.dirname(lmLint()), 'python');

/** An environment in which lm-lint is found by PATH. */
export const onPath = () => ({ PATH: `${path.dirname(lmLint())}:${process.env.PATH}` });

export const example = name => fs.readFileSync(path.join(repository, 'examples', name), 'utf8');

/** The names of the broken examples of a language: `c`, `html` or `python`. */
export const examples = folder => fs.readdirSync(path.join(repository, 'examples', folder));

/** What is wrong with a broken example, by examples/expected.toml: `{file, lines, repairs: [{line, column, old, new}]}`. */
export function answer(name) {
    const script = 'import json, sys, tomllib; print(json.dumps(tomllib.load(open(sys.argv[1], "rb"))["example"]))';
    const all = JSON.parse(execFileSync(python(), ['-c', script, path.join(repository, 'examples/expected.toml')], { encoding: 'utf8' }));
    return all.find(it => it.file === name);
}

/** What the command line finds in files: `[{path, line, column, message, ...}]`. */
export function commandLineFindings(cwd, files) {
    // Status 1 says that something was found.
    const { status, stdout, stderr } = spawnSync(lmLint(), ['--format', 'json', ...files], { cwd, encoding: 'utf8' });
    if (status > 1) throw new Error(stderr);
    return JSON.parse(stdout).findings;
}

/** Builds the package of this repository into `folder`, without what it depends on. */
export function buildWheel(folder) {
    execFileSync(python(), ['-m', 'pip', 'wheel', '--quiet', '--no-deps', '--wheel-dir', folder, repository], { stdio: 'inherit' });
    return path.join(folder, fs.readdirSync(folder).find(name => name.endsWith('.whl')));
}

/** A folder for PYTHONPATH with everything that is installed beside lm-lint, but neither lm-lint nor pip. */
export function dependencies(folder) {
    const script = 'import os, sys; print(*(p for p in sys.path if os.path.basename(p) == "site-packages"), sep="\\n")';
    const places = execFileSync(python(), ['-c', script], { encoding: 'utf8' }).trim().split('\n');
    fs.mkdirSync(folder);
    for (const place of places) {
        for (const name of fs.readdirSync(place).filter(it => !/lm_lint|^pip\b|\.pth$|^__pycache__$/.test(it))) {
            const link = path.join(folder, name);
            if (!fs.existsSync(link)) fs.symlinkSync(path.join(place, name), link);
        }
    }
    return folder;
}

/** PATH without the folders that hold lm-lint. */
export const withoutLmLint = () => process.env.PATH.split(':').filter(it => it && !fs.existsSync(path.join(it, 'lm-lint'))).join(':');
