/** What the server writes to standard error, on its way to the log. */

export type Level = 'debug' | 'warn';

/**
 * The server's own lines come once more as `window/logMessage`, so those of standard error are for debugging only. What
 * has another form comes from elsewhere (a traceback of an interpreter that gives up) and must be seen.
 */
export function levelOf(line: string): Level {
  return /^\d{4}-\d\d-\d\d [\d:,]+ [A-Z]+ +lm_lint\b/.test(line) ? 'debug' : 'warn';
}
