import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SourceFile {
  /** From the root of the checkout, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
}

export interface Problem {
  readonly path: string;
  readonly line?: number;
  readonly text: string;
}

/** A rule looks at every file and says what is wrong. */
export type Rule = (files: readonly SourceFile[]) => Problem[];

/** Every tracked or new file that git does not ignore; generated and binary ones left out. */
export function readSourceFiles(root: string): SourceFile[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  return listed
    .split('\0')
    .filter(
      (path) =>
        /\.(ts|tsx|sql|md|json|ya?ml|css|html|sh|proto)$|^steading$|\.ci\/run$/.test(path) &&
        !path.startsWith('contracts/gen/'),
    )
    .flatMap((path) => {
      const text = read(join(root, path));
      return text === undefined ? [] : [{ path, text, lines: text.split('\n') }];
    });
}

export function isCode(file: SourceFile): boolean {
  return /\.tsx?$/.test(file.path);
}

export function isTest(file: SourceFile): boolean {
  return /\.test\.tsx?$/.test(file.path) || /(^|\/)tests\//.test(file.path);
}

/** Problems for each line that matches. */
export function matchLines(file: SourceFile, pattern: RegExp, text: string): Problem[] {
  return file.lines.flatMap((line, index) => (pattern.test(line) ? [{ path: file.path, line: index + 1, text }] : []));
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
