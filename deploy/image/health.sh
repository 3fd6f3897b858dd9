#!/bin/bash
# The health check: ends with 0 when this process of the house is well. A gateway is well once /readyz said so, and from
# then on as long as it answers: it must not be ended because another process is away. Any other process is well when its
# internal door begins to speak HTTP/2. By the shell alone: asked every few seconds, it must cost nothing.
mark=/tmp/steading-was-ready
names=${STEADING_SERVICES:-}
if [ -z "$names" ]; then
  # `tini -- steading serve spaces observe`
  names=$(tr '\0' ' ' </proc/1/cmdline)
  names=${names##*serve}
fi
names=" ${names//,/ } "

if [ -n "${names// /}" ] && [[ $names != *' gateway '* ]]; then
  exec 3<>"/dev/tcp/127.0.0.1/${STEADING_DOOR##*:}" || exit 1
  printf 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0' >&3
  [ "$(timeout 20 head -c 9 <&3 | wc -c)" = 9 ]
  exit
fi
path=/readyz
[ -e $mark ] && path=/livez
exec 3<>"/dev/tcp/127.0.0.1/${STEADING_HTTP_PORT:-4600}" || exit 1
printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' $path >&3
read -r -t 20 _ status _ <&3
[ "$status" = 200 ] && : >$mark
