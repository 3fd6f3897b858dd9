import { accessSync, constants, mkdirSync, statfsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { Failure } from '#src/failure.ts';

const neededMb = 500;

/** `--data`, else STEADING_DATA, else /var/lib/steading for root and ~/.local/share/steading for everybody else. */
export function dataFolder(given?: string): string {
  if (given) return resolve(given);
  if (process.env.STEADING_DATA) return resolve(process.env.STEADING_DATA);
  if (process.getuid?.() === 0) return '/var/lib/steading';
  return join(process.env.XDG_DATA_HOME ?? join(homedir(), '.local/share'), 'steading');
}

/** Makes the folder; says in one sentence what is wrong with it. */
export function prepareDataFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o711 });
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
      throw new Failure(
        `You may not write to ${folder}. Choose a folder of your own with --data, or run as its owner.`,
      );
    }
    if (code === 'ENOTDIR' || code === 'EEXIST')
      throw new Failure(`${folder} is not a folder. Choose another one with --data.`);
    throw new Failure(`${folder} cannot be used: ${message}. Choose another folder with --data.`);
  }
  const disk = statfsSync(folder);
  const freeMb = Math.floor((disk.bavail * disk.bsize) / 1e6);
  if (freeMb < neededMb) {
    throw new Failure(
      `Only ${freeMb} MB are free where ${folder} is; a house needs ${neededMb} MB to start. Free some, or choose another disk with --data.`,
    );
  }
}
