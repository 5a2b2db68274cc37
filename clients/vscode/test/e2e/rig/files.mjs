// Waiting for what a file holds.
import fs from 'node:fs';

/** Resolves to the first thing other than undefined that `find` makes of the file's text. */
export function untilFile(file, find, timeoutMs = 60_000) {
    return new Promise((resolve, reject) => {
        const look = () => {
            const found = find(fs.readFileSync(file, 'utf8'));
            if (found !== undefined) end(resolve, found);
        };
        const end = (settle, value) => {
            watcher.close();
            clearTimeout(timer);
            settle(value);
        };
        // Watching begins before the first look, so no change is missed between them.
        const watcher = fs.watch(file, look);
        const timer = setTimeout(() => end(reject, new Error(`${file} did not come to hold what was awaited`)), timeoutMs);
        look();
    });
}
