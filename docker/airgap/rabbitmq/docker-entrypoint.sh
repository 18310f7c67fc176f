#!/bin/bash
# As the official entrypoint: the RABBITMQ_DEFAULT_* variables become settings, and the server runs
# as rabbitmq whoever started the container.
set -eo pipefail

case $1 in
  -*) set -- rabbitmq-server "$@" ;;
esac

if [[ $1 == rabbitmq* ]] && [ "$(id -u)" = 0 ]; then
  if [ "$1" = rabbitmq-server ]; then
    # A health check that comes before the server would make it, and keep it to root.
    cookie=/var/lib/rabbitmq/.erlang.cookie
    [ -s $cookie ] || (umask 377; head -c 15 /dev/urandom | base64 >$cookie)
    find /var/lib/rabbitmq \! -user rabbitmq -exec chown rabbitmq '{}' +
  fi
  exec setpriv --reuid=rabbitmq --regid=rabbitmq --clear-groups -- "$0" "$@"
fi

if [ "$1" = rabbitmq-server ]; then
  settings=/etc/rabbitmq/conf.d/20-environment.conf
  : >"$settings"
  for variable in RABBITMQ_DEFAULT_USER RABBITMQ_DEFAULT_PASS RABBITMQ_DEFAULT_VHOST; do
    [ -z "${!variable}" ] || { key=${variable#RABBITMQ_}; echo "${key,,} = ${!variable}" >>"$settings"; }
  done
fi
exec "$@"
