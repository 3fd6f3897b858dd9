/**
 * Runs git, and nothing but git: an argv, an environment made from nothing, no prompt, no configuration of the machine
 * or the person, only the transports that are needed. The whole process group ends when the signal aborts.
 */
import { runProgram } from '@steading/kit';
import { folderSize } from '#src/source/source-tree.ts';

export interface GitSettings {
  readonly path: string;
  readonly caFile: string;
  /** An empty folder: there is no configuration in it. */
  readonly home: string;
}

export interface GitRun {
  readonly cwd: string;
  readonly argv: readonly string[];
  /** Goes by environment, so that no secret stands in an argv: `http.extraHeader` and the like. */
  readonly config?: readonly (readonly [string, string])[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** A folder that must not grow beyond `maxBytes` meanwhile. */
  readonly watched?: { readonly folder: string; readonly maxBytes: number };
}

export interface GitResult {
  readonly code: number;
  /** What ended it, when neither it nor we did. */
  readonly signal?: NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
  /** The watched folder became too large, and git was ended. */
  readonly tooLarge: boolean;
}

const maxOutputBytes = 4 * 1024 * 1024;

/** What holds for every run: hooks, filters and file monitors of a repository never come to life. */
const always: readonly (readonly [string, string])[] = [
  ['protocol.allow', 'never'],
  ['protocol.https.allow', 'always'],
  ['protocol.http.allow', 'always'],
  ['protocol.ssh.allow', 'always'],
  ['protocol.version', '2'],
  ['http.followRedirects', 'false'],
  ['http.lowSpeedLimit', '1000'],
  ['http.lowSpeedTime', '60'],
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.askPass', ''],
  ['credential.helper', ''],
  ['init.templateDir', ''],
  ['init.defaultBranch', 'main'],
  ['transfer.fsckObjects', 'true'],
  // Harmless slips of old tools, found in many well-known repositories.
  ['fetch.fsck.zeroPaddedFilemode', 'ignore'],
  ['fetch.fsck.badTimezone', 'ignore'],
  ['fetch.fsck.missingSpaceBeforeDate', 'ignore'],
  ['fetch.recurseSubmodules', 'false'],
  ['submodule.recurse', 'false'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['advice.detachedHead', 'false'],
];

/** Runs git to its end. Rejects only when the signal aborts or git cannot be started. */
export async function runGit(settings: GitSettings, run: GitRun): Promise<GitResult> {
  run.signal.throwIfAborted();
  const { watched } = run;
  const stopping = new AbortController();
  const guard = watched && watchSize(watched, () => stopping.abort(new TooLarge()));
  try {
    const end = await runProgram({
      argv: ['git', ...run.argv],
      cwd: run.cwd,
      env: { ...gitEnvironment(settings, run.config ?? []), ...run.environment },
      mostBytes: maxOutputBytes,
      signal: AbortSignal.any([run.signal, stopping.signal]),
    });
    // A quick fetch may be over before anybody looked.
    const tooLarge = watched !== undefined && (await folderSize(watched.folder, watched.maxBytes)) > watched.maxBytes;
    return { ...end, tooLarge };
  } catch (error) {
    if (error instanceof TooLarge) return { code: 128, stdout: '', stderr: '', tooLarge: true };
    throw error;
  } finally {
    guard?.();
  }
}

class TooLarge extends Error {}

function gitEnvironment(settings: GitSettings, config: readonly (readonly [string, string])[]): Record<string, string> {
  const all = [...always, ...(settings.caFile ? [['http.sslCAInfo', settings.caFile] as const] : []), ...config];
  const environment: Record<string, string> = {
    PATH: settings.path,
    HOME: settings.home,
    XDG_CONFIG_HOME: settings.home,
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_ASKPASS: '/bin/false',
    SSH_ASKPASS: '/bin/false',
    GIT_LFS_SKIP_SMUDGE: '1',
    GIT_CONFIG_COUNT: String(all.length),
  };
  all.forEach(([key, value], index) => {
    environment[`GIT_CONFIG_KEY_${index}`] = key;
    environment[`GIT_CONFIG_VALUE_${index}`] = value;
  });
  return environment;
}

function watchSize(watched: { folder: string; maxBytes: number }, exceeded: () => void): () => void {
  let looking = false;
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    folderSize(watched.folder, watched.maxBytes)
      .then((bytes) => {
        if (bytes > watched.maxBytes) exceeded();
      })
      .catch(() => {})
      .finally(() => {
        looking = false;
      });
  }, 250);
  timer.unref();
  return () => clearInterval(timer);
}
