/** Every name that the manifest, the server and the code have to agree on. Knows no editor. */

/** The section of all settings, and the id of the language client: its trace setting is `lmLint.trace.server`. */
export const SECTION = 'lmLint';

/** As the server's table in docs/protocol.md knows them. C++ is left out: the model has not learned it. */
export const LANGUAGES = [
  'c',
  'python',
  'html',
  'xhtml',
  'django-html',
  'htmldjango',
  'jinja-html',
  'jinja',
  'jinja2',
  'handlebars',
  'html.handlebars',
  'mustache',
  'erb',
  'eruby',
  'ejs',
  'php',
] as const;

/** Files of a remote host have the scheme `file` too, since the extension runs beside them. */
export const SCHEMES = ['file', 'untitled'] as const;

/** The client library registers the server's own command names (`lmLint.*`), so ours begin otherwise. */
export const COMMANDS = {
  restart: 'lm-lint.restart',
  showLog: 'lm-lint.showLog',
  menu: 'lm-lint.showMenu',
  toggleSurprise: 'lm-lint.toggleSurprise',
  legend: 'lm-lint.showLegend',
  showCell: 'lm-lint.showCell',
  hideCell: 'lm-lint.hideCell',
  chooseModel: 'lm-lint.chooseModel',
  doctor: 'lm-lint.doctor',
  install: 'lm-lint.installServer',
  sample: 'lm-lint.openSample',
  walkthrough: 'lm-lint.openWalkthrough',
  fixAll: 'lm-lint.fixAll',
  fixOnSave: 'lm-lint.enableFixOnSave',
} as const;

/** For `when` clauses of the manifest. */
export const CONTEXTS = {
  surprise: 'lmLint.surpriseShown',
  ready: 'lmLint.ready',
} as const;

export const STATUS_ITEM = 'lmLint.status';
export const LEGEND_ITEM = 'lmLint.legend';
export const EXTENSION = 'lm-lint.lm-lint';
export const WALKTHROUGH = `${EXTENSION}#start`;
