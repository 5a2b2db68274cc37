/** Wires the parts together. What is decided here is only who talks to whom. */

import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { doctor } from './doctor';
import { enableFixOnSave, fixAll } from './fixes';
import { COMMANDS, SECTION, WALKTHROUGH } from './ids';
import type { Installation } from './install';
import { installServer } from './installCommand';
import { showMenu } from './menu';
import { chooseModel } from './model';
import { probe } from './probe';
import { isExecutable, onPath, pythonIn, selectedPython, watchSelectedPython } from './python';
import { resolve, type Decision, type Places } from './resolve';
import { openSample } from './sample';
import { Server } from './server';
import { isReady, type ServerState } from './serverState';
import { clientSettings, expanded, type ClientSettings } from './settings';
import { StatusItem } from './status';
import { chooseCell } from './surprise/cellCommand';
import type { Colour } from './surprise/legend';
import { SurpriseView } from './surprise/view';

/** Changes of these need a server that is started anew; the others reach the one that runs. */
const NEEDS_RESTART = [
  'server.path',
  'server.args',
  'server.interpreter',
  'diagnostics.mode',
  'diagnostics.workspace',
].map((name) => `${SECTION}.${name}`);

/** What all parts share. */
interface Context {
  readonly extension: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  /** A folder of our own: programs run here, not in a workspace. */
  readonly folder: string;
  readonly environment: string;
}

let server: Server | undefined;

export function activate(extension: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel('lm-lint', { log: true });
  const folder = extension.globalStorageUri.fsPath;
  const ctx: Context = { extension, log, folder, environment: join(folder, 'environment') };
  const started = startable(ctx);
  const surprise = surpriseView(ctx, started.server);
  server = started.server;
  started.setSurprise(surprise);

  const status = new StatusItem();
  status.show(server.state);
  extension.subscriptions.push(
    log,
    status,
    surprise,
    ...follow(ctx, server, surprise, status),
    ...commands(ctx, server, surprise),
  );
  void server.restart();
}

export async function deactivate(): Promise<void> {
  await server?.dispose();
}

/** The server and the surprise view know each other: the hover is on while the view is shown. */
function startable(ctx: Context): { server: Server; setSurprise(view: SurpriseView): void } {
  let surprise: SurpriseView | undefined;
  const made = new Server({
    log: ctx.log,
    cwd: ctx.folder,
    find: () => find(ctx),
    args: () => settings().args,
    overrides: () => ({ hover: surprise?.isShown === true && settings().surprise.hover }),
  });
  return { server: made, setSurprise: (view) => (surprise = view) };
}

function surpriseView(ctx: Context, started: Server): SurpriseView {
  const manifest = ctx.extension.extension.packageJSON as { contributes: { colors: Colour[] } };
  const declared = vscode.workspace.getConfiguration(SECTION).inspect<number[]>('surprise.thresholdsBits');
  return new SurpriseView({
    log: ctx.log,
    defaultThresholdsBits: declared?.defaultValue ?? [],
    colours: manifest.contributes.colors,
    client: () => (isReady(started.state) ? started.client : undefined),
    settings: () => settings().surprise,
  });
}

/** What happens elsewhere and has to be followed. */
function follow(ctx: Context, started: Server, surprise: SurpriseView, status: StatusItem): vscode.Disposable[] {
  let wasReady = false;
  const res = [
    started.onDidChange((state: ServerState) => {
      status.show(state);
      if (isReady(state) !== wasReady) surprise.repaint();
      wasReady = isReady(state);
    }),
    surprise.onDidToggle(() => void started.tellSettings()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (NEEDS_RESTART.some((name) => event.affectsConfiguration(name))) void started.restart();
      if (event.affectsConfiguration(`${SECTION}.surprise`)) {
        surprise.repaint();
        void started.tellSettings();
      }
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => void started.restartIfOther()),
  ];
  watchSelectedPython(() => void started.restartIfOther()).then(
    (watch) => watch && ctx.extension.subscriptions.push(watch),
    (error: unknown) => ctx.log.warn(`The Python extension cannot be asked: ${String(error)}`),
  );
  return res;
}

function commands(ctx: Context, started: Server, surprise: SurpriseView): vscode.Disposable[] {
  const { log, folder } = ctx;
  const actions: Record<string, () => unknown> = {
    [COMMANDS.restart]: () => started.restart(),
    [COMMANDS.showLog]: () => log.show(),
    [COMMANDS.menu]: () => showMenu(started.state, surprise.isShown),
    [COMMANDS.toggleSurprise]: () => surprise.toggle(),
    [COMMANDS.legend]: () => surprise.showLegend(),
    [COMMANDS.showCell]: async () => {
      const cell = await chooseCell(isReady(started.state) ? started.client : undefined);
      if (cell) surprise.showCell(cell);
    },
    [COMMANDS.hideCell]: () => surprise.hideCell(),
    [COMMANDS.chooseModel]: chooseModel,
    [COMMANDS.doctor]: () => (started.candidate ? doctor(started.candidate, folder, log) : started.restart()),
    [COMMANDS.install]: () =>
      installServer({
        log,
        cwd: folder,
        wanted: () => wantedInstallation(ctx),
        makeRoom: (step) => started.makeRoom(step),
        restartServer: () => started.restart(),
      }),
    [COMMANDS.sample]: () => openSample(ctx.extension.extensionUri),
    [COMMANDS.walkthrough]: () => vscode.commands.executeCommand('workbench.action.openWalkthrough', WALKTHROUGH),
    [COMMANDS.fixAll]: fixAll,
    [COMMANDS.fixOnSave]: enableFixOnSave,
  };
  return Object.entries(actions).map(([name, action]) => vscode.commands.registerCommand(name, action));
}

async function find(ctx: Context): Promise<Decision> {
  await mkdir(ctx.folder, { recursive: true });
  const decision = await resolve(await places(ctx), async (candidate) => {
    const found = await probe(candidate, ctx.folder);
    ctx.log.debug(`${candidate.source}: ${candidate.command}: ${JSON.stringify(found)}`);
    return found;
  });
  return decision;
}

async function places(ctx: Context): Promise<Places> {
  const { path, interpreter } = settings();
  const environmentPython = path || interpreter ? undefined : await selectedPython(resource(), ctx.log);
  const privatePython = pythonIn(ctx.environment);
  return {
    pathSetting: path,
    interpreterSetting: interpreter,
    environmentPython,
    commandOnPath: await onPath('lm-lint'),
    privatePython: (await isExecutable(privatePython)) ? privatePython : undefined,
  };
}

async function wantedInstallation(ctx: Context): Promise<Installation> {
  return {
    folder: ctx.environment,
    python: pythonIn(ctx.environment),
    settings: settings().install,
    selected: await selectedPython(resource(), ctx.log),
  };
}

/** There is one server for all folders, so the first one says which environment is selected. */
function resource(): vscode.Uri | undefined {
  return vscode.workspace.workspaceFolders?.[0]?.uri;
}

function settings(): ClientSettings {
  const section = vscode.workspace.getConfiguration(SECTION);
  const read = clientSettings((name) => section.get(name));
  const variables = { home: homedir(), folder: resource()?.fsPath, env: process.env };
  const path = (text: string): string => expanded(text, variables);
  return { ...read, path: path(read.path), interpreter: path(read.interpreter), args: read.args.map(path) };
}
