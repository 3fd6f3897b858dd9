import { createApi } from '#src/api.ts';
import type { Output } from '#src/output.ts';
import { findApp } from '#src/remote/app-reference.ts';

interface Line {
  readonly at?: string;
  readonly stream: string;
  readonly text: string;
}

/** `steading logs [-f]`: what the app's instances print. Goes on after a dropped connection, without a gap. */
export async function logs(options: { app?: string; follow?: boolean; tail: string }, out: Output): Promise<void> {
  const api = createApi();
  const app = await findApp(api, options.app, '');
  const path = `/api/deploy/apps/${app.id}/logs?tail=${Number(options.tail) || 100}${options.follow ? '&follow=1' : ''}`;
  for await (const event of api.events(path)) {
    if (out.json) {
      process.stdout.write(`${event.data}\n`);
      continue;
    }
    const line = JSON.parse(event.data) as Line;
    out.line(line.stream === 'stderr' ? out.style('red', line.text) : line.text);
  }
}
