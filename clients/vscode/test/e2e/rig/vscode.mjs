// Starts a real VS Code (server and workbench, from code-server's npm package) on a scratch folder and opens it in
// headless Chromium. Knows nothing of the extension but where its package lies.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const here = path.dirname(fileURLToPath(import.meta.url));
const main = path.join(here, '../node_modules/code-server/lib/vscode/out/server-main.js');

const SETTINGS = {
    'security.workspace.trust.enabled': false,
    'workbench.startupEditor': 'none',
    'workbench.tips.enabled': false,
    'chat.commandCenter.enabled': false,
    'extensions.ignoreRecommendations': true,
    'git.enabled': false,
    'telemetry.telemetryLevel': 'off',
    'files.autoSave': 'off',
    'editor.minimap.enabled': false,
    // The page then follows the colours that the browser asks for, so a test sees both themes.
    'window.autoDetectColorScheme': true,
    'workbench.preferredDarkColorTheme': 'Default Dark Modern',
    'workbench.preferredLightColorTheme': 'Default Light Modern',
    'editor.fontFamily': "'JetBrains Mono', 'DejaVu Sans Mono', monospace",
    // Words of a document offered while typing would swallow Enter and Tab.
    'editor.quickSuggestions': { other: 'off', comments: 'off', strings: 'off' },
    'html.validate.scripts': false,
};

const BROWSER_ARGS = [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync',
    // Nothing but this machine is asked for: no gallery, no content delivery network.
    '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

/** The newest package in the extension's folder, unless VSIX names another. */
export function vsix() {
    if (process.env.VSIX) return path.resolve(process.env.VSIX);
    const folder = path.join(here, '../../..');
    const found = fs.readdirSync(folder).filter(name => name.endsWith('.vsix')).map(name => path.join(folder, name));
    if (!found.length) throw new Error('no .vsix found: run `npm run package` first, or set VSIX');
    return found.sort((a, b) => fs.statSync(b).mtimeMs - fs.statSync(a).mtimeMs)[0];
}

/** Resolves with the port that the server has picked. */
function listening(server) {
    return new Promise((resolve, reject) => {
        let log = '';
        const onData = chunk => {
            log += chunk;
            const found = /Extension host agent listening on (\d+)/.exec(log);
            if (found) resolve(Number(found[1]));
        };
        server.stdout.on('data', onData);
        server.stderr.on('data', onData);
        server.once('error', reject);
        server.once('exit', code => reject(new Error(`the VS Code server ended (${code}):\n${log}`)));
    });
}

function writeFiles(folder, files) {
    for (const [name, text] of Object.entries(files)) {
        const file = path.join(folder, name);
        fs.mkdirSync(path.dirname(file), { recursive: true });
        fs.writeFileSync(file, text);
    }
}

// 'Open Sans' reads better in pictures than the face that a bare machine falls back to.
function fontSettings(tmp) {
    const file = path.join(tmp, 'fonts.conf');
    const prefer = (family, font) => `<alias binding="strong"><family>${family}</family><prefer><family>${font}</family></prefer></alias>`;
    fs.writeFileSync(file, '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        + '<include ignore_missing="yes">/etc/fonts/fonts.conf</include>'
        + prefer('system-ui', 'Open Sans') + prefer('sans-serif', 'Open Sans') + '</fontconfig>');
    return file;
}

function launchBrowser(tmp) {
    return chromium.launch({
        executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
        handleSIGINT: false,
        handleSIGTERM: false,
        args: BROWSER_ARGS,
        env: { ...process.env, FONTCONFIG_FILE: fontSettings(tmp) },
    });
}

function killGroup(child) {
    try {
        process.kill(-child.pid, 'SIGKILL');
    } catch (error) {
        if (error.code !== 'ESRCH') throw error; // all of them have ended
    }
}

// Open ones end with this process, however it ends: the test runner stops a file that takes too long with SIGTERM.
const open = new Set();
for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => Promise.allSettled([...open].map(close => close())).finally(() => process.exit(1)));
}

/**
 * files     {name: text} of the folder to open
 * show      the name of the file to open at once
 * settings  user settings; `configure` in the result sets more in the workspace, undefined takes them away
 * env       added to the environment of the VS Code server, and so of the extension
 * workspace contents of a .code-workspace file, to open instead of the folder
 * init      runs in the page before anything else does
 * without   the extension is not installed, for comparisons
 */
export async function openVSCode({ files = {}, show, settings = {}, env = {}, workspace, viewport, scale, init, without = false } = {}) {
    const tmp = fs.mkdtempSync(path.join(os.tmpdir(), 'lm-lint-vscode-'));
    const project = path.join(tmp, 'project');
    const dirs = ['--user-data-dir', `${tmp}/user`, '--server-data-dir', `${tmp}/server`, '--extensions-dir', `${tmp}/ext`];
    let ofWorkspace = {};
    let server, browser;

    // The server of VS Code does not watch its user settings, but it does watch the folder.
    const configure = changes => {
        ofWorkspace = { ...ofWorkspace, ...changes };
        writeFiles(project, { '.vscode/settings.json': JSON.stringify(ofWorkspace, null, 4) });
    };
    const close = async () => {
        open.delete(close);
        await browser?.close();
        if (server?.pid && server.exitCode === null && server.kill('SIGTERM')) await once(server, 'exit');
        if (server?.pid) killGroup(server);
        server?.stdout.destroy();
        server?.stderr.destroy();
        fs.rmSync(tmp, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    };
    open.add(close);
    try {
        configure({});
        writeFiles(project, files);
        writeFiles(tmp, { 'user/User/settings.json': JSON.stringify({ ...SETTINGS, ...settings }) });
        if (workspace) fs.writeFileSync(`${tmp}/lm-lint.code-workspace`, JSON.stringify(workspace));
        if (!without) execFileSync(process.execPath, [main, ...dirs, '--install-extension', vsix()], { stdio: 'pipe' });
        server = spawn(process.execPath, [main, ...dirs, '--host', '127.0.0.1', '--port', '0', '--telemetry-level', 'off',
            // A login shell would be asked for its PATH; the tests say themselves what is on it.
            '--without-connection-token', '--accept-server-license-terms', '--force-disable-user-env'],
        { stdio: ['ignore', 'pipe', 'pipe'], detached: true, env: { ...process.env, ...env } });
        const authority = `127.0.0.1:${await listening(server)}`;
        browser = await launchBrowser(tmp);
        const page = await browser.newPage({
            viewport: viewport ?? { width: 1200, height: 760 },
            deviceScaleFactor: scale,
            colorScheme: 'dark',
        });
        page.setDefaultTimeout(60_000);
        if (init) await page.addInitScript(init);
        const address = new URLSearchParams(workspace ? { workspace: `${tmp}/lm-lint.code-workspace` } : { folder: project });
        if (show) {
            const uri = `vscode-remote://${authority}${path.join(project, show)}`;
            address.set('payload', JSON.stringify([['openFile', uri]]));
        }
        await page.goto(`http://${authority}/?${address}`);
        await page.locator('.monaco-workbench').waitFor();
        // A menu that is opened before the editor takes the focus is closed by that.
        if (show) await page.locator('.editor-instance .monaco-editor.focused .view-line').first().waitFor();
        return { page, project, configure, close, pid: server.pid, tmp };
    } catch (error) {
        await close();
        throw error;
    }
}
