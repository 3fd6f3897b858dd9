#!/bin/sh
# The command in the image. `serve` becomes the house itself, without a second process above it: all services, or those
# that are named. Everything else is the ordinary command, for example: docker exec <container> steading backup list
set -eu
export STEADING_ROOT=/steading
run() { exec node --disable-warning=ExperimentalWarning "$@"; }

[ "${1:-}" = serve ] || run /steading/apps/cli/src/main.ts "$@"
shift
case "$*" in *-*) echo "steading: in a container, settings of serve come from STEADING_… variables" >&2; exit 2 ;; esac
if [ $# -gt 0 ]; then
  services=$(echo "$*" | tr ' ' ',')
  export STEADING_SERVICES="$services"
fi
run /steading/apps/house/src/main.ts
