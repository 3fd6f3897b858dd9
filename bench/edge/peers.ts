import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A proxy that stands before the same app as the house's edge. */
export interface Peer {
  readonly name: string;
  /** Of all its processes. */
  readonly pids: () => readonly number[];
  readonly port: number;
  readonly stop: () => void;
}

interface Settings {
  readonly folder: string;
  readonly port: number;
  /** The app's port on 127.0.0.1. */
  readonly app: number;
}

const all = [
  { name: 'nginx', program: '/usr/sbin/nginx', debian: 'nginx-light', start: startNginx },
  { name: 'haproxy', program: '/usr/sbin/haproxy', debian: 'haproxy', start: startHaproxy },
  { name: 'caddy', program: '/usr/bin/caddy', debian: 'caddy', start: startCaddy },
];

/** Starts the peers that are installed, each with one thread; names those that are not. */
export async function startPeers(folder: string, ports: readonly number[], app: number): Promise<Peer[]> {
  const peers: Peer[] = [];
  for (const [index, { name, program, debian, start }] of all.entries()) {
    if (!existsSync(program)) {
      console.log(`${name} is not installed and left out (on Debian: apt-get install ${debian})`);
      continue;
    }
    const own = join(folder, name);
    mkdirSync(own, { recursive: true });
    const port = ports[index]!;
    const child = start({ folder: own, port, app });
    await answers(name, port, child);
    peers.push({ name, port, pids: () => family(child.pid!), stop: () => void child.kill('SIGTERM') });
  }
  return peers;
}

function startNginx({ folder, port, app }: Settings): ChildProcess {
  const file = join(folder, 'nginx.conf');
  writeFileSync(
    file,
    `worker_processes 1; daemon off; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 1024; }
http { access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s; keepalive_requests 1000000;
  upstream app { server 127.0.0.1:${app}; keepalive 64; keepalive_requests 1000000; }
  server { listen 127.0.0.1:${port}; location / { proxy_pass http://app; proxy_http_version 1.1;
    proxy_set_header Connection ""; proxy_set_header Host $host; proxy_set_header X-Forwarded-For $remote_addr; } } }`,
  );
  return spawn('/usr/sbin/nginx', ['-c', file, '-p', folder], { stdio: 'ignore' });
}

function startHaproxy({ folder, port, app }: Settings): ChildProcess {
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(
    file,
    `global
  nbthread 1
defaults
  mode http
  timeout client 30s
  timeout server 30s
  timeout connect 5s
  option forwardfor
  http-reuse always
listen app
  bind 127.0.0.1:${port}
  server app 127.0.0.1:${app}
`,
  );
  return spawn('/usr/sbin/haproxy', ['-f', file, '-db'], { stdio: 'ignore' });
}

function startCaddy({ folder, port, app }: Settings): ChildProcess {
  const file = join(folder, 'Caddyfile');
  writeFileSync(
    file,
    `{\n  admin off\n  auto_https off\n}\nhttp://127.0.0.1:${port} {\n  reverse_proxy 127.0.0.1:${app}\n}\n`,
  );
  const env = { ...process.env, GOMAXPROCS: '1', HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  return spawn('/usr/bin/caddy', ['run', '--config', file, '--adapter', 'caddyfile'], { stdio: 'ignore', env });
}

async function answers(name: string, port: number, child: ChildProcess): Promise<void> {
  for (const end = Date.now() + 10_000; Date.now() < end; ) {
    const ok = await fetch(`http://127.0.0.1:${port}/`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ok) return;
    if (child.exitCode !== null) break;
    await new Promise((next) => setTimeout(next, 50));
  }
  child.kill('SIGKILL');
  throw new Error(`${name} did not start`);
}

/** A process and its children. */
export function family(pid: number): number[] {
  let children = '';
  try {
    children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' });
  } catch {
    // ps fails where there is none.
  }
  return [pid, ...children.trim().split(/\s+/).filter(Boolean).map(Number)];
}
