#!/usr/bin/env bash
# restore-script.sh [NAME]: puts the backup /backups/NAME, by default the newest, in the place of database and storage.
# Run it with: docker compose … run --rm restore [NAME]
set -euo pipefail

backups=/backups
storage=/var/www/storage
database=${DB_DATABASE:-primehub}
login=--defaults-extra-file=/run/secrets/db_restore.cnf

fail() { echo "restore failed: $*" >&2; exit 1; }

newest=$(find "$backups" -mindepth 1 -maxdepth 1 -type d -name '2*Z' -printf '%f\n' | sort | tail -n 1)
name=${1:-$newest}
[ -n "$name" ] || fail "there is no backup"
[ -d "$backups/$name" ] || fail "there is no backup $name"
cd "$backups/$name"

# Before anything is touched.
sha256sum --check --quiet SHA256SUMS || fail "$name is damaged"
zcat database.sql.gz | tail -n 1 | grep -q '^-- Dump completed' || fail "the dump of $name is incomplete"

# The archive is unpacked beside the storage folder's contents first: a full disk changes nothing.
new=$storage/.restoring
rm -rf "$new"
mkdir "$new"
tar --extract --gzip --file=storage.tar.gz --directory="$new" --strip-components=1

zcat database.sql.gz | mysql "$login" "$database"

find "$storage" -mindepth 1 -maxdepth 1 ! -name .restoring -exec rm -rf {} +
find "$new" -mindepth 1 -maxdepth 1 -exec mv -t "$storage" {} +
rmdir "$new"
echo "restored: $backups/$name"
