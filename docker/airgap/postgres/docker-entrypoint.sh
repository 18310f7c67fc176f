#!/bin/bash
# The official image's contract: an empty $PGDATA becomes a database from the POSTGRES_* variables
# (or their *_FILE forms) and from /docker-entrypoint-initdb.d; a filled one is served as it is.
set -eo pipefail

log() { echo "$(date -u +%FT%TZ) [Entrypoint]: $*" >&2; }

from_file() {
  local file_variable=$1_FILE
  if [ -n "${!file_variable}" ]; then
    [ -z "${!1}" ] || { log "both $1 and $file_variable are set"; exit 1; }
    printf -v "$1" '%s' "$(<"${!file_variable}")"
  fi
}

run_init_scripts() {
  local client=(psql -v ON_ERROR_STOP=1 --no-password --no-psqlrc --username "$POSTGRES_USER" --dbname "$POSTGRES_DB") file
  # for the scripts, as in the official image
  export POSTGRES_USER POSTGRES_PASSWORD POSTGRES_DB PGPASSWORD=$POSTGRES_PASSWORD
  # not on TCP, so that nobody takes the server of this phase for the final one
  pg_ctl -D "$PGDATA" -o "-c listen_addresses=''" -w start >&2
  if [ "$POSTGRES_DB" != postgres ]; then
    psql -v ON_ERROR_STOP=1 --no-psqlrc --username "$POSTGRES_USER" --dbname postgres --set db="$POSTGRES_DB" <<<'CREATE DATABASE :"db";' >&2
  fi
  for file in /docker-entrypoint-initdb.d/*; do
    # shellcheck disable=SC1090 # whatever the project mounts there
    case $file in
      *.sh) log "running $file"; if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
      *.sql) log "running $file"; "${client[@]}" -f "$file" >&2 ;;
      *.sql.gz) log "running $file"; gunzip -c "$file" | "${client[@]}" >&2 ;;
    esac
  done
  pg_ctl -D "$PGDATA" -m fast -w stop >&2
  unset PGPASSWORD
}

case $1 in
  -*) set -- postgres "$@" ;;
esac

if [ "$1" = postgres ]; then
  if [ "$(id -u)" = 0 ]; then
    mkdir -p "$PGDATA"
    chown -R postgres:postgres "$PGDATA"
    chmod 700 "$PGDATA"
    exec setpriv --reuid=postgres --regid=postgres --clear-groups -- "$0" "$@"
  fi
  for variable in POSTGRES_PASSWORD POSTGRES_USER POSTGRES_DB POSTGRES_INITDB_ARGS; do
    from_file $variable
  done
  : "${POSTGRES_USER:=postgres}"
  : "${POSTGRES_DB:=$POSTGRES_USER}"
  method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}

  if [ ! -s "$PGDATA/PG_VERSION" ]; then
    [ -n "$POSTGRES_PASSWORD" ] || [ "$method" = trust ] || {
      log 'set POSTGRES_PASSWORD, or POSTGRES_HOST_AUTH_METHOD=trust'
      exit 1
    }
    log 'initialising'
    initdb=(initdb --no-sync --username="$POSTGRES_USER" --encoding=UTF8 --locale=C.UTF-8)
    # The file is there only while the command that names it runs.
    # shellcheck disable=SC2086 # options, as in the official image
    if [ -n "$POSTGRES_PASSWORD" ]; then
      "${initdb[@]}" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") $POSTGRES_INITDB_ARGS >&2
    else
      "${initdb[@]}" $POSTGRES_INITDB_ARGS >&2
    fi
    printf '\nhost all all all %s\n' "$method" >>"$PGDATA/pg_hba.conf"
    echo "listen_addresses = '*'" >>"$PGDATA/postgresql.conf"
    run_init_scripts
  fi
  # not for the server's own environment
  unset POSTGRES_PASSWORD
fi
exec "$@"
