/** Programs that mean harm, as files of a repository: what their builds do, or what they do when they run. */
function files(scripts: Record<string, string>, more: Record<string, string>): Record<string, string> {
  const name = { name: 'app' };
  return {
    'package.json': JSON.stringify({ ...name, private: true, type: 'module', scripts }),
    'package-lock.json': JSON.stringify({ ...name, lockfileVersion: 3, requires: true, packages: { '': name } }),
    ...more,
  };
}

const start = { start: 'node server.js' };
const server = `import { createServer } from 'node:http';
createServer((request, response) => response.end('hello')).listen(process.env.PORT, process.env.HOST);
`;
const build = (source: string) =>
  files({ ...start, build: 'node build.js' }, { 'build.js': source, 'server.js': server });

/** None of them ends of itself, but for the last, which is ended. */
export const hostileBuilds: Readonly<Record<string, Record<string, string>>> = {
  'forks without end': build(`import { spawn } from 'node:child_process';
(function more() {
  spawn(process.execPath, ['-e', 'for(;;);'], { detached: true }).once('error', () => {});
  setTimeout(more, 5);
})();
`),
  'eats memory, again and again': build(`import { spawn } from 'node:child_process';
(function again() {
  const eater = 'const all = []; setInterval(() => all.push(Buffer.alloc(2 ** 24, 1)), 1)';
  spawn(process.execPath, ['-e', eater]).once('exit', again);
})();
`),
  'prints a gigabyte': build(`const line = 'x'.repeat(99) + '\\n';
let left = 2 ** 30;
(function more() {
  while (left > 0 && process.stdout.write(line.repeat(1000))) left -= 100_000;
  if (left > 0) process.stdout.once('drain', more);
})();
`),
};

/** Healthy, then gone, and so on. */
export const crashingApp = files(start, { 'server.js': `${server}setTimeout(() => process.exit(1), 3000);\n` });
