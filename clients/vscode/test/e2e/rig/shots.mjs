// Pictures of each step, in a dark and in a light theme, for people to look at.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const artifacts = process.env.ARTIFACTS
    ?? path.join(path.dirname(fileURLToPath(import.meta.url)), '../artifacts');

const CLASSES = { dark: '.monaco-workbench.vs-dark', light: '.monaco-workbench.vs' };

/** The theme follows the colours that the browser asks for. */
export async function useTheme(page, theme) {
    await page.emulateMedia({ colorScheme: theme });
    await page.locator(CLASSES[theme]).waitFor();
}

/** artifacts/NAME-dark.png and artifacts/NAME-light.png */
export async function shot(page, name) {
    fs.mkdirSync(artifacts, { recursive: true });
    for (const theme of ['light', 'dark']) {
        await useTheme(page, theme);
        await page.screenshot({ path: path.join(artifacts, `${name}-${theme}.png`), animations: 'disabled' });
    }
}
