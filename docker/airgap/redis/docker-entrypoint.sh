#!/bin/sh
# As the official entrypoint: options or a configuration file alone mean redis-server,
# which runs as redis whoever started the container.
set -e

case $1 in
  -* | *.conf) set -- redis-server "$@" ;;
esac

if [ "$1" = redis-server ]; then
  # A container's port is reachable only where it is published, so the official image leaves protected mode off.
  case " $* " in
    *protected-mode*) ;;
    *) set -- "$@" --protected-mode no ;;
  esac
  if [ "$(id -u)" = 0 ]; then
    find . \! -user redis -exec chown redis:redis '{}' +
    exec setpriv --reuid=redis --regid=redis --clear-groups -- "$@"
  fi
fi
exec "$@"
