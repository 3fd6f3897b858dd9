import { expect, test } from 'vitest';
import { detect } from '#src/builder/detection.ts';
import { buildSettings } from '#src/settings.ts';

function source(files: Record<string, string | object>) {
  const contents = Object.fromEntries(
    Object.entries(files).map(([name, text]) => [name, typeof text === 'string' ? text : JSON.stringify(text)]),
  );
  return { files: new Set(Object.keys(files)), contents };
}
const look = (files: Record<string, string | object>, settings: object = {}) =>
  detect(source(files), buildSettings.parse(settings));
const vite = { scripts: { dev: 'vite', build: 'vite build', start: 'vite' }, devDependencies: { vite: '7' } };

test('a start script with a lockfile: npm ci, then the script in the place of the shell', () => {
  expect(
    look({
      'package.json': { scripts: { start: 'node server.js' }, dependencies: { ws: '8' } },
      'package-lock.json': '{}',
    }),
  ).toMatchObject({
    builder: 'node',
    commands: { install: 'npm ci', start: 'npm start' },
    steps: [{ name: 'install' }],
    command: ['sh', '-c', expect.stringMatching(/exec node server\.js$/)],
  });
});

test('a start script of several commands keeps its shell', () => {
  const plan = look({ 'package.json': { scripts: { start: 'node migrate.js && node server.js' } } });
  expect(plan).toMatchObject({ command: ['sh', '-c', expect.not.stringContaining('exec')] });
});

test('nothing to install means no install step', () => {
  expect(look({ 'package.json': { scripts: { start: 'node a.js' } } })).toMatchObject({ steps: [] });
});

test('a build script is run, and engines are noted', () => {
  expect(
    look({ 'package.json': { scripts: { start: 'node d', build: 'tsc' }, engines: { node: '>=22' } } }),
  ).toMatchObject({
    commands: { build: 'npm run build' },
    node: 22,
    title: 'Node 22 app, started with npm start',
  });
});

test.each([
  [{ 'pnpm-lock.yaml': '' }, 'pnpm install --frozen-lockfile'],
  [{ 'yarn.lock': '# yarn lockfile v1' }, 'yarn install --frozen-lockfile'],
  [{ 'yarn.lock': '__metadata:\n' }, 'yarn install --immutable'],
  [{}, 'npm install'],
])('the lockfile decides who installs', (lock, install) => {
  const files = { 'package.json': { scripts: { start: 'node a' }, dependencies: { a: '1' } }, ...lock };
  expect(look(files)).toMatchObject({ commands: { install } });
});

test('Vite makes a static site, also with a start script that only develops', () => {
  expect(look({ 'package.json': vite, 'index.html': '' })).toMatchObject({
    builder: 'static',
    outputFolder: 'dist',
    command: [],
    singlePage: true,
  });
});

test('index.html alone is a static site with nothing to build', () => {
  expect(look({ 'index.html': '' })).toMatchObject({
    builder: 'static',
    steps: [],
    outputFolder: '',
    singlePage: false,
  });
});

test('server.js, a Procfile and a setting each say how to start', () => {
  expect(look({ 'package.json': {}, 'server.js': '' })).toMatchObject({ command: ['node', './server.js'] });
  expect(look({ 'package.json': {}, Procfile: 'worker: x\nweb: node w.js\n' })).toMatchObject({
    commands: { start: 'node w.js' },
  });
  expect(look({ 'a.txt': '' }, { startCommand: 'node x.js' })).toMatchObject({ commands: { start: 'node x.js' } });
});

test('no start command is an error that says what to do', () => {
  expect(look({ 'package.json': {} })).toMatchObject({
    code: 'no-start-command',
    problem: expect.stringContaining('start script'),
  });
});

test('a Dockerfile is refused with a sentence, unless the builder is set', () => {
  const files = { Dockerfile: '', 'package.json': { scripts: { start: 'node a' } } };
  expect(look(files)).toMatchObject({ code: 'needs-docker', problem: expect.stringContaining('Docker runtime') });
  expect(look(files, { builder: 'node' })).toMatchObject({ builder: 'node' });
});

test('another language is named', () => {
  expect(look({ 'go.mod': '' })).toMatchObject({ problem: expect.stringContaining('go.mod') });
});

test('settings go before detection', () => {
  const settings = { installCommand: 'make deps', buildCommand: 'make', startCommand: './run', outputFolder: 'out' };
  expect(look({ 'package.json': { scripts: { build: 'x', start: 'y' } } }, settings)).toMatchObject({
    steps: [
      { name: 'install', argv: ['sh', '-c', 'make deps'] },
      { name: 'build', argv: ['sh', '-c', 'make'] },
    ],
    outputFolder: 'out',
    commands: { start: './run' },
  });
});

test.each(['{', '[]', 'null', '"x"', '{"scripts":[1]}'])('a strange package.json %j does no harm', (text) => {
  expect(look({ 'package.json': text })).toHaveProperty('problem');
});
