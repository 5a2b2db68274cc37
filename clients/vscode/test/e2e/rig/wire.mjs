// What editor and server say to each other, written down by a program that stands between them: the only way to
// know from outside that the server has looked at a text and found nothing.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { untilFile } from './files.mjs';

/** Cuts a stream of the base protocol into messages. */
function messages(onMessage) {
    let rest = Buffer.alloc(0);
    return chunk => {
        rest = Buffer.concat([rest, chunk]);
        for (;;) {
            const end = rest.indexOf('\r\n\r\n');
            if (end < 0) return;
            const length = Number(/Content-Length: (\d+)/i.exec(rest.toString('latin1', 0, end))[1]);
            if (rest.length < end + 4 + length) return;
            onMessage(JSON.parse(rest.toString('utf8', end + 4, end + 4 + length)));
            rest = rest.subarray(end + 4 + length);
        }
    };
}

function standBetween(log, command, args) {
    const note = from => messages(message => fs.appendFileSync(log, `${JSON.stringify({ from, message })}\n`));
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    process.stdin.on('data', note('editor')).pipe(child.stdin);
    child.stdout.on('data', note('server')).pipe(process.stdout);
    child.once('exit', code => process.exit(code ?? 1));
}

/** A command like `lm-lint` that writes down what passes, and a reader of it. */
export function tapped(command) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lm-lint-wire-'));
    const log = path.join(folder, 'log');
    const script = path.join(folder, 'lm-lint');
    const self = fileURLToPath(import.meta.url);
    fs.writeFileSync(log, '');
    fs.writeFileSync(script, '#!/bin/sh\n'
        + `[ "$1" = server ] || exec '${command}' "$@"\n`
        + `exec '${process.execPath}' '${self}' '${log}' '${command}' "$@"\n`, { mode: 0o755 });
    const parse = text => text.split('\n').slice(0, -1).map(line => JSON.parse(line));
    return {
        command: script,
        /** Resolves to the first thing that `find` makes of all that was said. */
        until: find => untilFile(log, text => find(parse(text))),
        remove: () => fs.rmSync(folder, { recursive: true }),
    };
}

/** What the server answered when it was asked about the text after its newest change; undefined: nothing yet. */
export function newestFindings(said, file) {
    const isOf = it => it.message.params?.textDocument?.uri?.endsWith(`/${file}`);
    const changed = said.findLastIndex(it => it.message.method === 'textDocument/didChange' && isOf(it));
    const asked = said.slice(changed + 1).filter(it => it.message.method === 'textDocument/diagnostic' && isOf(it));
    const ids = asked.map(it => it.message.id);
    const answer = said.slice(changed + 1).find(it => it.from === 'server' && ids.includes(it.message.id) && it.message.result);
    if (!answer) return undefined;
    return { version: said[changed]?.message.params.textDocument.version, ...answer.message.result };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const [log, command, ...args] = process.argv.slice(2);
    standBetween(log, command, args);
}
