/** A site with a build that takes two seconds and says what it does, so that somebody can watch it. */
export function slowSite(text: string): Record<string, string> {
  return {
    'package.json': JSON.stringify({
      name: 'garden',
      private: true,
      type: 'module',
      scripts: { build: 'node build.js', start: 'node server.js' },
    }),
    'package-lock.json': JSON.stringify({
      name: 'garden',
      lockfileVersion: 3,
      requires: true,
      packages: { '': { name: 'garden' } },
    }),
    'build.js': `
let bed = 0;
const timer = setInterval(() => {
  console.log('digging bed ' + ++bed);
  if (bed === 9) clearInterval(timer);
}, 220);
`,
    'server.js': `
import { createServer } from 'node:http';
const server = createServer((request, response) => {
  response.setHeader('content-type', 'text/html');
  response.end('<!doctype html><html lang="en"><title>Garden</title><link rel="icon" href="data:,"><h1>' + ${JSON.stringify(text)} + '</h1>');
});
server.listen(process.env.PORT, process.env.HOST, () => console.log('listening'));
process.on('SIGTERM', () => { server.close(() => process.exit(0)); server.closeIdleConnections(); });
`,
  };
}
