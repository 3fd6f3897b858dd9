import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeTree } from '#src/runtime/process/tools.ts';

/** Where the process runtime keeps things, and which user each app is. */
export interface Folders {
  /** Random, made once: tells this house's processes from another's. */
  readonly tag: string;
  readonly root: string;
  readonly builds: string;
  readonly releases: string;
  app(appId: string): AppFolders;
  appIds(): string[];
  /** The app's own user, given once and kept; undefined where apps have none. */
  uidOf(appId: string): number | undefined;
  forgetApp(appId: string): Promise<void>;
}

export interface AppFolders {
  readonly root: string;
  readonly data: string;
  readonly cache: string;
  readonly logs: string;
  readonly instances: string;
}

export function openFolders(root: string, firstUid: number | undefined): Folders {
  const [builds, releases, apps] = [join(root, 'builds'), join(root, 'releases'), join(root, 'apps')];
  for (const folder of [root, builds, releases, apps]) mkdirSync(folder, { recursive: true, mode: 0o711 });
  const tag = once(join(root, 'house-tag'), () => randomBytes(8).toString('hex'));
  const usersFile = join(root, 'users.json');
  const users: Record<string, number> = existsSync(usersFile) ? JSON.parse(readFileSync(usersFile, 'utf8')) : {};

  return {
    tag,
    root,
    builds,
    releases,
    appIds: () => Object.keys(users),
    uidOf(appId) {
      if (users[appId] === undefined) {
        const taken = new Set(Object.values(users));
        let number = 1;
        while (taken.has(number)) number++;
        users[appId] = number;
        writeWhole(usersFile, JSON.stringify(users));
      }
      return firstUid === undefined ? undefined : firstUid + users[appId]!;
    },
    app(appId) {
      const folder = join(apps, appId);
      const names = { root: folder, data: join(folder, 'data'), cache: join(folder, 'cache') };
      const uid = this.uidOf(appId);
      for (const own of [names.data, names.cache]) {
        mkdirSync(own, { recursive: true, mode: 0o711 });
        if (uid !== undefined) chownSync(own, uid, uid);
      }
      const more = { logs: join(folder, 'logs'), instances: join(folder, 'instances') };
      mkdirSync(more.instances, { recursive: true, mode: 0o711 });
      return { ...names, ...more };
    },
    async forgetApp(appId) {
      // Where the next start removes what is left, should this process die meanwhile.
      const away = join(builds, `${appId}.${randomBytes(6).toString('hex')}`);
      if (existsSync(join(apps, appId))) renameSync(join(apps, appId), away);
      delete users[appId];
      writeWhole(usersFile, JSON.stringify(users));
      await removeTree(away);
    },
  };
}

/**
 * Either the old content or the new one is there when this process died, never half. Whoever must know it after the
 * machine died too has it flushed: that waits for the disk, and everybody with it.
 */
export function writeWhole(file: string, text: string, { flush = true }: { flush?: boolean } = {}): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600, flush });
  renameSync(`${file}.new`, file);
}

function once(file: string, make: () => string): string {
  if (!existsSync(file)) writeWhole(file, make());
  return readFileSync(file, 'utf8');
}
