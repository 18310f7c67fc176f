#!/bin/bash
# The official image's contract: an empty /var/lib/mysql becomes a database from the MYSQL_* variables
# (or their *_FILE forms) and from /docker-entrypoint-initdb.d; a filled one is served as it is.
set -eo pipefail

data=/var/lib/mysql
# exists once users and database are made: a crash before that starts over instead of serving half a database
done_marker=$data/.initialised

log() { echo "$(date -u +%FT%TZ) [Entrypoint]: $*" >&2; }

from_file() {
  local file_variable=$1_FILE
  if [ -n "${!file_variable}" ]; then
    [ -z "${!1}" ] || { log "both $1 and $file_variable are set"; exit 1; }
    printf -v "$1" '%s' "$(<"${!file_variable}")"
  fi
}

quoted() { printf "'%s'" "$(sed "s/\\\\/\\\\\\\\/g; s/'/''/g" <<<"$1")"; }

accounts() {
  local host=${MYSQL_ROOT_HOST-%}
  # an account made here concerns this server alone
  echo 'SET @@SESSION.sql_log_bin = OFF;'
  # a repetition after a crash must not fail, hence IF NOT EXISTS followed by ALTER
  for at in localhost ${host:+"$host"}; do
    echo "CREATE USER IF NOT EXISTS 'root'@$(quoted "$at");"
    echo "ALTER USER 'root'@$(quoted "$at") IDENTIFIED BY $(quoted "$MYSQL_ROOT_PASSWORD");"
    echo "GRANT ALL ON *.* TO 'root'@$(quoted "$at") WITH GRANT OPTION;"
  done
  [ -z "$MYSQL_DATABASE" ] || echo "CREATE DATABASE IF NOT EXISTS \`$MYSQL_DATABASE\`;"
  if [ -n "$MYSQL_USER" ] && [ -n "$MYSQL_PASSWORD" ]; then
    echo "CREATE USER IF NOT EXISTS $(quoted "$MYSQL_USER")@'%';"
    echo "ALTER USER $(quoted "$MYSQL_USER")@'%' IDENTIFIED BY $(quoted "$MYSQL_PASSWORD");"
    [ -z "$MYSQL_DATABASE" ] || echo "GRANT ALL ON \`${MYSQL_DATABASE//_/\\_}\`.* TO $(quoted "$MYSQL_USER")@'%';"
  fi
}

run_init_scripts() {
  local socket=/run/mysqld/mysqld.sock client=(mysql --protocol=socket -uroot --socket=/run/mysqld/mysqld.sock)
  # for the scripts: the official image's name for it, and the clients' own
  export MYSQL_ROOT_PASSWORD MYSQL_DATABASE MYSQL_PWD=$MYSQL_ROOT_PASSWORD
  # not on TCP, so that nobody takes the server of this phase for the final one
  "$@" --skip-networking --socket="$socket" --init-file="$init_file" &
  local pid=$!
  until mysqladmin --socket="$socket" -uroot ping >/dev/null 2>&1; do
    kill -0 $pid 2>/dev/null || { log 'the server of the init phase died'; exit 1; }
    sleep 0.1
  done
  for file in /docker-entrypoint-initdb.d/*; do
    # shellcheck disable=SC1090 # whatever the project mounts there
    case $file in
      *.sh) log "running $file"; if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
      *.sql) log "running $file"; "${client[@]}" "$MYSQL_DATABASE" <"$file" ;;
      *.sql.gz) log "running $file"; gunzip -c "$file" | "${client[@]}" "$MYSQL_DATABASE" ;;
    esac
  done
  kill $pid && wait $pid
  unset MYSQL_PWD
  touch "$done_marker"
}

case $1 in
  -*) set -- mysqld "$@" ;;
esac

if [ "$1" = mysqld ]; then
  if [ "$(id -u)" = 0 ]; then
    chown mysql:mysql "$data" /run/mysqld
    exec setpriv --reuid=mysql --regid=mysql --clear-groups -- "$0" "$@"
  fi
  for variable in MYSQL_ROOT_PASSWORD MYSQL_ROOT_HOST MYSQL_DATABASE MYSQL_USER MYSQL_PASSWORD; do
    from_file $variable
  done

  if [ ! -e "$done_marker" ]; then
    [ -n "$MYSQL_ROOT_PASSWORD$MYSQL_ALLOW_EMPTY_PASSWORD$MYSQL_RANDOM_ROOT_PASSWORD" ] || {
      log 'set one of MYSQL_ROOT_PASSWORD, MYSQL_ALLOW_EMPTY_PASSWORD and MYSQL_RANDOM_ROOT_PASSWORD'
      exit 1
    }
    if [ -n "$MYSQL_RANDOM_ROOT_PASSWORD" ]; then
      MYSQL_ROOT_PASSWORD=$(head -c 24 /dev/urandom | base64)
      log "GENERATED ROOT PASSWORD: $MYSQL_ROOT_PASSWORD"
    fi
    log 'initialising'
    find "$data" -mindepth 1 -delete
    cp -a /usr/local/share/mysql-empty/. "$data"
    init_file=/run/mysqld/init.sql
    (umask 077 && accounts >"$init_file")
    if [ -n "$(ls -A /docker-entrypoint-initdb.d)" ]; then
      run_init_scripts "$@"
      rm -f "$init_file"
    else
      # The server runs the file before it accepts a connection: no temporary server, no second start.
      set -- "$@" --init-file="$init_file"
      (
        until mysqladmin --protocol=tcp --host=127.0.0.1 ping >/dev/null 2>&1; do sleep 0.1; done
        touch "$done_marker"
        rm -f "$init_file"
      ) &
    fi
  fi
  # not for the server's own environment
  unset MYSQL_ROOT_PASSWORD MYSQL_PASSWORD
fi
exec "$@"
