import { createApi } from '#src/api.ts';
import type { Output } from '#src/output.ts';
import { findApp } from '#src/remote/app-reference.ts';

interface Page {
  readonly last: number;
  readonly lines: readonly { readonly at: string; readonly stream: string; readonly text: string }[];
}

const query = `subscription ($app: ID!, $after: Float!, $tail: Int!, $follow: Boolean!) {
  appLog(appId: $app, after: $after, tail: $tail, follow: $follow) {
    last lines { position at stream text instance } } }`;

/** `steading logs [-f]`: what the app's instances print. Goes on after a dropped connection, without a gap. */
export async function logs(options: { app?: string; follow?: boolean; tail: string }, out: Output): Promise<void> {
  const api = createApi();
  const app = await findApp(api, options.app, '');
  let after = 0;
  const variables = () => ({
    app: app.id,
    after,
    tail: Number(options.tail) || 100,
    follow: options.follow === true,
  });
  for await (const { appLog } of api.subscribe<{ appLog: Page }>(query, variables)) {
    after = appLog.last;
    for (const line of appLog.lines) {
      if (out.json) process.stdout.write(`${JSON.stringify(line)}\n`);
      else out.line(line.stream === 'stderr' ? out.style('red', line.text) : line.text);
    }
  }
}
