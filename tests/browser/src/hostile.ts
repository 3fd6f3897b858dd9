/** A name that would run as a script wherever it were taken for HTML. */
export function hostile(what: string): string {
  return `${what}<img src=x onerror="globalThis.hacked='${what}'">"'<script>globalThis.hacked='${what}'</script>`.slice(
    0,
    80,
  );
}

/** What the hostile app adds to the graph. */
function graphSdl(): string {
  return `extend schema @link(url: "https://specs.apollo.dev/federation/v2.6", import: ["@key"])
type Query {
  "${hostile('sdl').replaceAll('"', "'")}"
  web_beds(first: Int): [Web_Bed!]
}
type Web_Bed { name: String! }
type Space @key(fields: "id") { id: ID! web_beds: Int }`;
}

/** A static site's build that prints hostile lines, and a server that does. */
export function hostileApp(): Record<string, string> {
  const line = JSON.stringify(`\u001b[31mline\u001b[0m ${hostile('log')}`);
  return {
    'package.json': JSON.stringify({
      name: 'hostile',
      private: true,
      type: 'module',
      scripts: { build: 'node build.js', start: 'node server.js' },
    }),
    'package-lock.json': JSON.stringify({
      name: 'hostile',
      lockfileVersion: 3,
      requires: true,
      packages: { '': { name: 'hostile' } },
    }),
    'build.js': `console.log(${line});`,
    'server.js': `
import { createServer } from 'node:http';
const sdl = ${JSON.stringify(graphSdl())};
const server = createServer((request, response) =>
  response.end(request.url === '/graphql' ? JSON.stringify({ data: { _service: { sdl } } }) : 'up'));
server.listen(process.env.PORT, process.env.HOST, () => console.log(${line}));
process.on('SIGTERM', () => { server.close(() => process.exit(0)); server.closeIdleConnections(); });
`,
  };
}
