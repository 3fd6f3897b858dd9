/**
 * A Git server in a process of its own. It would be on another machine: what it and its programs compute comes after all
 * else here, so that it is not taken for the house's.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { constants, setPriority } from 'node:os';
import { startGitServer } from '@steading/testkit';

interface Wanted {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
}

/** Makes a repository for each of these; gives their addresses and the way to end it all. */
export async function startGitHost(wanted: readonly Wanted[]): Promise<{ urls: string[]; stop(): Promise<void> }> {
  const child: ChildProcess = fork(import.meta.filename, { execArgv: ['--disable-warning=ExperimentalWarning'] });
  child.send(wanted);
  const [urls] = (await once(child, 'message')) as [string[]];
  return {
    urls,
    async stop() {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}

if (process.send && process.argv[1] === import.meta.filename) {
  setPriority(constants.priority.PRIORITY_LOW);
  const git = await startGitServer();
  process.once('disconnect', () => void git.stop());
  const [wanted] = (await once(process, 'message')) as [Wanted[]];
  const urls: string[] = [];
  for (const { name, files } of wanted) {
    const repository = await git.repository(name);
    await repository.commit(files);
    urls.push(repository.url);
  }
  process.send(urls);
}
