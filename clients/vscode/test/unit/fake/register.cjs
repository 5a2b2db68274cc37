// Outside an editor there is no module `vscode`: what the code under test takes from it stands in vscode.ts beside this.
const Module = require('node:module');
const path = require('node:path');

const resolve = Module._resolveFilename;
Module._resolveFilename = function (request, ...rest) {
    return resolve.call(this, request === 'vscode' ? path.join(__dirname, 'vscode.ts') : request, ...rest);
};
