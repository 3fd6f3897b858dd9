/** deploy/README.md as an operator follows it: only what stands in it can be typed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Docker } from '#src/docker.ts';
import { checkout } from '#src/images.ts';

export interface Guide {
  /**
   * Types the one command of the guide that is, or begins, so; gives what it printed.
   * @param blanks what is to be put in place of `<a word>`
   * @throws where the guide has none that begins so, or several
   */
  type(beginning: string, blanks?: Readonly<Record<string, string>>): Promise<string>;
}

export interface GuideOptions {
  readonly docker: Docker;
  /** Where it is typed: a folder with `deploy` in it. */
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What has to be different here, by what the guide says: folders and ports of this machine. */
  readonly here?: Readonly<Record<string, string>>;
}

export function openGuide({ docker, cwd, env = {}, here = {} }: GuideOptions): Guide {
  const commands = [...new Set(commandsOf(readFileSync(join(checkout, 'deploy/README.md'), 'utf8')))];
  return {
    async type(beginning, blanks = {}) {
      const whole = commands.filter((command) => command === beginning);
      const found = whole.length === 1 ? whole : commands.filter((command) => command.startsWith(beginning));
      if (found.length !== 1) throw new Error(`deploy/README.md says ${found.length} times: ${beginning}`);
      let command = found[0]!;
      for (const [said, instead] of Object.entries({ ...here, ...blanks })) command = command.replaceAll(said, instead);
      return docker.type(command, { cwd, env });
    },
  };
}

/** What is indented by four spaces, each command on one line and without its remark. */
function commandsOf(text: string): string[] {
  const lines = text.split('\n').filter((line) => line.startsWith('    '));
  return lines
    .join('\n')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .map((line) => line.replace(/ # .*/, '').trim().replace(/ +/g, ' '));
}
