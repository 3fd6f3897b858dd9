#!/bin/sh
# Makes the secrets of a house of several containers, once, in the folder `secrets` beside this file. What is there stays.
set -eu
umask 077
cd "$(dirname "$0")"
mkdir -p secrets
cd secrets
random() { head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n'; }

[ -e master_key ] || head -c 32 /dev/urandom >master_key
if [ ! -e database_url ]; then
  password=$(random)
  printf %s "$password" >database_password
  printf 'postgresql://steading:%s@postgres:5432/steading' "$password" >database_url
fi
if [ ! -e nats_url ]; then
  password=$(random)
  printf 'nats://steading:%s@nats:4222' "$password" >nats_url
  printf 'port: 4222\njetstream { store_dir: /data }\nauthorization { user: steading, password: "%s" }\n' "$password" >nats_config
fi
# Engines run as users of their own, and Compose gives them these files as they are. The folder is yours alone.
chmod 444 ./*
chmod 700 .
