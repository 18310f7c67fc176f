#!/usr/bin/env bash
# Backs up the database and the storage folder together: backup-script.sh [FOLDER]
# Either both files are complete and in FOLDER, or the script fails and leaves none.
set -euo pipefail
target=$(mkdir -p "${1:-backups}" && cd "${1:-backups}" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")"

stamp=$(date -u +%Y%m%dT%H%M%SZ)
# Beside the target, so that the renames at the end cannot fail half-way for want of space.
work=$(mktemp -d "$target.partial-XXXXXX")
trap 'rm -rf "$work"' EXIT

docker compose exec -T db mysqldump --single-transaction primehub >"$work/database-$stamp.sql"
# mysqldump writes this line last: without it the dump is a half one.
tail -n 1 "$work/database-$stamp.sql" | grep -q '^-- Dump completed' || {
  echo "the dump of the database is incomplete" >&2
  exit 1
}
tar -czf "$work/storage-$stamp.tar.gz" storage
gzip --test "$work/storage-$stamp.tar.gz"

mv "$work"/* "$target/"
echo "backed up to $target: database-$stamp.sql, storage-$stamp.tar.gz"
