import { spawn } from 'node:child_process';
import { createApi } from '#src/api.ts';
import type { Output } from '#src/output.ts';
import { findApp } from '#src/remote/app-reference.ts';

interface SpaceRow {
  readonly nameId: string;
  readonly name: string;
  readonly myRole: string | null;
  readonly projects: readonly {
    readonly nameId: string;
    readonly apps: readonly { readonly nameId: string; readonly state: string; readonly url: string }[];
  }[];
}

/** `steading spaces`: your spaces, and the apps in them by the names that other commands take. */
export async function spaces(out: Output): Promise<void> {
  const { mySpaces } = await createApi().graph<{ mySpaces: SpaceRow[] }>(
    '{ mySpaces { nameId name myRole projects { nameId apps { nameId state url } } } }',
  );
  if (mySpaces.length === 0) out.line('You are in no space yet. Make one in the web app, or ask to be invited.');
  const rows = mySpaces.flatMap((space) => {
    const apps = space.projects.flatMap((project) =>
      project.apps.map((app) => [`${space.nameId}/${project.nameId}/${app.nameId}`, app.state, app.url]),
    );
    return [[space.nameId, space.myRole ?? '', space.name], ...apps];
  });
  out.table(['name', 'role or state', ''], rows);
  out.data(mySpaces);
}

/** `steading open`: the app's address, in the browser where there is one. */
export async function open(options: { app?: string }, out: Output): Promise<void> {
  const app = await findApp<{ url: string }>(createApi(), options.app, 'url');
  out.line(app.url);
  out.data({ url: app.url });
  if (!out.terminal) return;
  const opener = process.platform === 'darwin' ? 'open' : 'xdg-open';
  spawn(opener, [app.url], { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref();
}
