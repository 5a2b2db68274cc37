/** Where a Python or a command may be: the Python extension's choice, PATH, and our own environment. */

import { access, constants, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import * as vscode from 'vscode';

/** The part that we use of what https://www.npmjs.com/package/@vscode/python-extension describes. */
interface PythonApi {
  readonly environments: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { readonly path: string };
    resolveEnvironment(path: {
      readonly path: string;
    }): Promise<{ readonly executable: { readonly uri?: vscode.Uri } } | undefined>;
    readonly onDidChangeActiveEnvironmentPath: vscode.Event<unknown>;
  };
}

async function pythonApi(): Promise<PythonApi | undefined> {
  const extension = vscode.extensions.getExtension<PythonApi>('ms-python.python');
  return extension && (await extension.activate());
}

/** The interpreter that somebody selected, if the Python extension is there and has one. */
export async function selectedPython(
  resource: vscode.Uri | undefined,
  log: vscode.LogOutputChannel,
): Promise<string | undefined> {
  try {
    const api = await pythonApi();
    if (!api) return undefined;
    const chosen = api.environments.getActiveEnvironmentPath(resource);
    return (await api.environments.resolveEnvironment(chosen))?.executable.uri?.fsPath;
  } catch (error) {
    log.warn(`The Python extension does not say which environment is selected: ${String(error)}`);
    return undefined;
  }
}

/** Calls back when another environment is selected; silent without the Python extension. */
export async function watchSelectedPython(changed: () => void): Promise<vscode.Disposable | undefined> {
  return (await pythonApi())?.environments.onDidChangeActiveEnvironmentPath(changed);
}

/** The first program of this name in the absolute folders of PATH; relative ones would be the workspace's. */
export async function onPath(name: string, env: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  const endings = process.platform === 'win32' ? ['.exe'] : [''];
  const folders = (env.PATH ?? env.Path ?? '').split(delimiter).filter(isAbsolute);
  for (const folder of folders) {
    for (const ending of endings) {
      const path = join(folder, name + ending);
      if (await isExecutable(path)) return path;
    }
  }
  return undefined;
}

/** The interpreter of a virtual environment. */
export function pythonIn(environment: string): string {
  return process.platform === 'win32' ? join(environment, 'Scripts', 'python.exe') : join(environment, 'bin', 'python');
}

export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
