// Formats the Lua files of folders, or with --check says which are not formatted. npm has StyLua's library, of which the
// program would have to be fetched from elsewhere: `npm install --prefix .build/stylua @johnnymorganz/stylua`, as ci.sh does.
import { createRequire } from 'node:module';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const home = join(dirname(fileURLToPath(import.meta.url)), '..');
const stylua = createRequire(join(home, '.build/stylua/package.json'))('@johnnymorganz/stylua');
const ENUMS = { syntax: stylua.LuaVersion, indent_type: stylua.IndentType };

/** `.stylua.toml` holds only lines of `name = value`. */
function configuration() {
  const config = stylua.Config.new();
  for (const [, name, value] of readFileSync(join(home, '.stylua.toml'), 'utf8').matchAll(/^(\w+) = "?([^"\n]+)"?$/gm)) {
    config[name] = ENUMS[name] ? ENUMS[name][value] : Number(value);
  }
  return config;
}

const check = process.argv.includes('--check');
const folders = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
let nUnformatted = 0;
for (const folder of folders) {
  for (const name of readdirSync(folder, { recursive: true }).filter((file) => file.endsWith('.lua'))) {
    const path = join(folder, name);
    const text = readFileSync(path, 'utf8');
    // The library takes the configuration away from its caller.
    const formatted = stylua.formatCode(text, configuration(), undefined, stylua.OutputVerification.Full);
    if (formatted === text) continue;
    nUnformatted += 1;
    console.log(`${check ? 'not formatted' : 'formatted'}: ${path}`);
    if (!check) writeFileSync(path, formatted);
  }
}
process.exitCode = check && nUnformatted > 0 ? 1 : 0;
