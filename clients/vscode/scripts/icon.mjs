// Draws media/icon.png from media/icon.svg: `npm run icon`. The marketplace takes no SVG.
import { readFileSync, writeFileSync } from 'node:fs';
import { Resvg } from '@resvg/resvg-js';

const folder = new URL('../media/', import.meta.url);
const svg = readFileSync(new URL('icon.svg', folder), 'utf8');
const png = new Resvg(svg, { fitTo: { mode: 'width', value: 256 } }).render().asPng();
writeFileSync(new URL('icon.png', folder), png);
