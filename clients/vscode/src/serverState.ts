/** What is known of the server, as plain data, and how it is shown. Knows no editor. */

/** The params of the notification `lmLint/status`, as docs/protocol.md has them. */
export interface ModelStatus {
  readonly state: 'loading' | 'ready' | 'failed';
  readonly model: string | null;
  readonly device: string | null;
  readonly busy: boolean;
  readonly message: string | null;
}

export type ServerState =
  | { readonly kind: 'searching' }
  | { readonly kind: 'installing'; readonly step: string }
  | { readonly kind: 'missing'; readonly sentence: string }
  | { readonly kind: 'stopped'; readonly sentence: string }
  | { readonly kind: 'starting'; readonly called: string; readonly version: string }
  | { readonly kind: 'running'; readonly called: string; readonly version: string; readonly status: ModelStatus };

/** A status bar item. `look` chooses its background. */
export interface View {
  readonly text: string;
  readonly look: 'plain' | 'warning' | 'error';
  readonly headline: string;
  readonly facts: readonly (readonly [name: string, value: string])[];
}

export function isReady(state: ServerState): boolean {
  return state.kind === 'running' && state.status.state === 'ready';
}

export function view(state: ServerState): View {
  switch (state.kind) {
    case 'searching':
      return { text: '$(loading~spin) lm-lint', look: 'plain', headline: 'Looking for lm-lint', facts: [] };
    case 'installing':
      return { text: '$(loading~spin) lm-lint: installing', look: 'plain', headline: state.step, facts: [] };
    case 'missing':
      return { text: '$(warning) lm-lint', look: 'warning', headline: state.sentence, facts: [] };
    case 'stopped':
      return { text: '$(error) lm-lint', look: 'error', headline: state.sentence, facts: [] };
    case 'starting':
      return {
        text: '$(loading~spin) lm-lint',
        look: 'plain',
        headline: 'The server is starting',
        facts: origin(state),
      };
    case 'running':
      return running(state, state.status);
  }
}

function running(state: { called: string; version: string }, status: ModelStatus): View {
  const facts = [...described(status), ...origin(state)];
  switch (status.state) {
    case 'loading':
      return { text: '$(loading~spin) lm-lint', look: 'plain', headline: 'The model is being loaded', facts };
    case 'failed':
      return { text: '$(error) lm-lint', look: 'error', headline: status.message ?? 'There is no model', facts };
    case 'ready':
      return {
        text: `${status.busy ? '$(loading~spin)' : '$(check)'} lm-lint: ${status.model}, ${status.device}`,
        look: 'plain',
        headline: status.busy ? 'At work' : 'Ready',
        facts,
      };
  }
}

function described(status: ModelStatus): [string, string][] {
  const res: [string, string][] = [];
  if (status.model) res.push(['Model', status.model]);
  if (status.device) res.push(['Device', status.device]);
  return res;
}

function origin(state: { called: string; version: string }): [string, string][] {
  return [
    ['Version', state.version],
    ['Command', state.called],
  ];
}
