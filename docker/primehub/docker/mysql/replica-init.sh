#!/bin/bash
# Makes an empty server a replica of db: a copy of its database as of now, and from there on what its binary log says.
# Run by the image's entrypoint when the volume is empty, after the accounts have been made.
set -eo pipefail

root() { MYSQL_PWD=$MYSQL_ROOT_PASSWORD mysql --no-defaults --socket=/var/run/mysqld/mysqld.sock --user=root "$@"; }

# The dump says which transactions it holds (GTID); the replica asks for those after them.
mysqldump --defaults-file=/run/secrets/db_replica.cnf --host=db --get-server-public-key --single-transaction \
  --set-gtid-purged=ON --no-tablespaces --loose-skip-masking-policies "$MYSQL_DATABASE" | root "$MYSQL_DATABASE"

# On standard input, as a password in an argument is seen by everybody.
root <<SQL
CHANGE REPLICATION SOURCE TO SOURCE_HOST = 'db', SOURCE_USER = 'replica',
  SOURCE_PASSWORD = '$(cat /run/secrets/db_replica_password)', SOURCE_SSL = 1, SOURCE_AUTO_POSITION = 1;
-- from the next start on, which is the real one
SET PERSIST_ONLY super_read_only = ON;
SQL
