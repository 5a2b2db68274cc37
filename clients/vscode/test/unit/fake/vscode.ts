/** The part of the editor's interface that tests need, in their hands. */

const installed = new Map<string, { activate(): Promise<unknown> }>();

export const extensions = { getExtension: (id: string) => installed.get(id) };

/** Installs an extension whose interface is `api`; undefined removes it. */
export function pretend(id: string, api: unknown): void {
  if (api === undefined) installed.delete(id);
  else installed.set(id, { activate: () => Promise.resolve(api) });
}
