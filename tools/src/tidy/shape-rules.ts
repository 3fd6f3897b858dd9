import { basename } from 'node:path';
import { isCode, isTest, matchLines, type Problem, type Rule } from '#src/tidy/source-files.ts';

const maxLines = 600;
const maxWithoutReason = 400;
const homeless = /^(utils?|helpers?|common|misc|base|manager)\.tsx?$/;

/** Files stay readable and are called what they are. */
export const shape: Rule = (files) =>
  files
    .filter((file) => isCode(file) && !file.path.includes('.gen.'))
    .flatMap((file): Problem[] => {
      const problems: Problem[] = [];
      const name = basename(file.path);
      const count = file.lines.length;
      if (count > maxLines)
        problems.push({
          path: file.path,
          text: `has ${count} lines: split it along its meaning (at most ${maxLines})`,
        });
      else if (count > maxWithoutReason && !file.text.startsWith('/**'))
        problems.push({ path: file.path, text: `has ${count} lines without a header comment that says why` });
      if (homeless.test(name)) problems.push({ path: file.path, text: 'has a name that says nothing' });
      if (!/^[a-z0-9$_.-]+$/.test(name)) problems.push({ path: file.path, text: 'is not named in kebab-case' });
      return problems;
    });

/** SQL lives in `*-db.ts` and migrations; a service touches the tables of its own schema only. */
export const sql: Rule = (files) =>
  files
    .filter((file) => file.path.startsWith('services/') && isCode(file) && !isTest(file))
    .flatMap((file): Problem[] => {
      const isDb = /-db\.ts$/.test(file.path);
      if (!isDb && /from '@steading\/db'/.test(file.text) && /\bstatement\s*[<(]/.test(file.text)) {
        return [{ path: file.path, text: 'declares SQL outside a *-db.ts file' }];
      }
      return [];
    });

/** A table belongs to one service. */
export const ownTables: Rule = (files) => {
  const services = [
    ...new Set(files.filter((file) => file.path.startsWith('services/')).map((file) => file.path.split('/')[1] ?? '')),
  ];
  return files
    .filter((file) => /^services\/[^/]+\/src\/.*(-db\.ts|\.sql)$/.test(file.path))
    .flatMap((file) => {
      const own = file.path.split('/')[1];
      const others = services.filter((name) => name !== own);
      return matchLines(
        file,
        new RegExp(`\\b(from|join|into|update|references|table)\\s+(${others.join('|')})\\.`, 'i'),
        "touches another service's table: ask it, or listen to its events",
      );
    });
};

/** Nothing unfinished, skipped, mocked or from one machine only. */
export const words: Rule = (files) =>
  files
    .filter(
      (file) =>
        !/^tools\/(src|tests)\/tidy/.test(file.path) && file.path !== 'STYLE.md' && file.path !== 'pnpm-lock.yaml',
    )
    .flatMap((file) => [
      ...(isCode(file) ? matchLines(file, /\b(TODO|FIXME|XXX)\b/, 'is unfinished: finish it, or leave it out') : []),
      ...(isTest(file)
        ? matchLines(
            file,
            /\b(it|test|describe)\.(skip|todo|only)\(|\bvi\.mock\(/,
            'skips, singles out or mocks a module',
          )
        : []),
      ...(isCode(file) && /^(libs|services)\//.test(file.path) && !isTest(file)
        ? matchLines(file, /\bconsole\.(log|error|warn)\(/, 'writes to the console: use the log')
        : []),
      ...matchLines(file, /(^|[\s'"`(=])\/(work|farm|root)\//, 'names a path of one machine'),
    ]);

/** The lockfile works with any registry. */
export const lockfile: Rule = (files) =>
  files
    .filter((file) => file.path === 'pnpm-lock.yaml')
    .flatMap((file) => matchLines(file, /https?:\/\/[^\s]*registry|tarball:/, 'names a registry host'));
