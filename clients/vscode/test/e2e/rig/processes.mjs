// The processes below the VS Code server: the extension host, and the language server that it started.
import fs from 'node:fs';

function describe(pid) {
    try {
        const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
        // The name of the program, in brackets, may hold blanks and brackets of its own.
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const command = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        return { pid: Number(pid), parent: Number(parent), state, command };
    } catch {
        return undefined; // it has ended meanwhile
    }
}

/** All living processes that descend from `root`. */
export function below(root) {
    const all = fs.readdirSync('/proc').filter(name => /^\d+$/.test(name)).map(describe)
        .filter(it => it && it.state !== 'Z');
    const found = [];
    for (let parents = [root]; parents.length;) {
        const children = all.filter(it => parents.includes(it.parent));
        found.push(...children);
        parents = children.map(it => it.pid);
    }
    return found;
}

export const languageServers = root => below(root).filter(it => /lm[-_]lint\b.* server\b/.test(it.command));
export const extensionHosts = root => below(root).filter(it => it.command.includes('--type=extensionHost'));

/** Resident memory, and the most of it so far, in MiB. */
export function memoryMib(pid) {
    const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
    const field = name => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)[1]) / 1024;
    return { now: field('VmRSS'), peak: field('VmHWM') };
}
