import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Api } from '#src/api.ts';
import { Failure } from '#src/failure.ts';

/** The app that a command is about: `--app space/project/app`, else what `.steading.json` in this folder names. */
export async function findApp<T extends object>(
  api: Api,
  given: string | undefined,
  fields: string,
): Promise<T & { id: string }> {
  const path = given ?? linkedApp();
  if (!path)
    throw new Failure(
      'Which app? Name it with --app space/project/app, or write {"app": "space/project/app"} to .steading.json in this folder.',
      'usage',
    );
  const { findApp: app } = await api.graph<{ findApp: T & { id: string } }>(
    `query ($path: String!) { findApp(path: $path) { id ${fields} } }`,
    { path },
  );
  return app;
}

function linkedApp(): string | undefined {
  try {
    return (JSON.parse(readFileSync(join(process.cwd(), '.steading.json'), 'utf8')) as { app?: string }).app;
  } catch {
    return undefined;
  }
}
