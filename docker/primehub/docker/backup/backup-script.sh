#!/usr/bin/env bash
# backup-script.sh: backs up the database and the storage folder together, to /backups/<time>/.
# Either the folder is there, complete and checked, or the script fails and leaves nothing. The newest BACKUP_KEEP stay.
set -euo pipefail
umask 077

backups=/backups
storage=/var/www/storage
keep=${BACKUP_KEEP:-7}
database=${DB_DATABASE:-primehub}
# user, password and host
login=--defaults-extra-file=/run/secrets/db_backup.cnf

fail() { echo "backup failed: $*" >&2; exit 1; }
trap 'echo "backup failed in line $LINENO: nothing was kept" >&2' ERR

# One at a time: a forced one waits for the daily one.
exec 9>"$backups/.lock"
flock 9
# what a killed run left
rm -rf "$backups"/.partial-*
work=$(mktemp -d "$backups/.partial-XXXXXX")
trap 'rm -rf "$work"' EXIT

tables() {
  mysql "$login" --batch --skip-column-names -e "SELECT table_name FROM information_schema.tables
    WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'" "$database"
}

before=$(tables)
[ -n "$before" ] || fail "the database $database has no table"
# MariaDB's clients begin a dump with a command that MySQL's own refuse.
mysqldump "$login" --single-transaction --quick --no-tablespaces --routines --triggers --events "$database" |
  sed '1{/enable the sandbox mode/d;}' >"$work/database.sql"
# mysqldump writes this line last: without it the dump is a half one.
tail -n 1 "$work/database.sql" | grep -q '^-- Dump completed' || fail "the dump of the database is incomplete"
while read -r table; do
  grep -qF "CREATE TABLE \`$table\`" "$work/database.sql" || fail "the dump lacks the table $table"
  rows=$(mysql "$login" --batch --skip-column-names -e "SELECT EXISTS (SELECT * FROM \`$table\`)" "$database")
  [ "$rows" = 0 ] || grep -qF "INSERT INTO \`$table\`" "$work/database.sql" || fail "the dump has no row of the table $table"
done <<<"$before"
gzip "$work/database.sql"
gzip --test "$work/database.sql.gz"

find "$storage" -type f -printf 'storage/%P\n' >"$work/there"
tar --create --gzip --file="$work/storage.tar.gz" --directory="$(dirname "$storage")" "$(basename "$storage")"
# Every file that was there before is in it; --compare would fail on one that changed meanwhile.
tar --list --gzip --file="$work/storage.tar.gz" | sort >"$work/held"
missing=$(comm -23 <(sort "$work/there") "$work/held")
[ -z "$missing" ] || fail "the archive lacks ${missing%%$'\n'*}"
rm "$work/there" "$work/held"

(cd "$work" && sha256sum database.sql.gz storage.tar.gz >SHA256SUMS && sync -f .)

name=$(date -u +%Y%m%dT%H%M%S.%3NZ)
# One rename: both or neither.
mv "$work" "$backups/$name"
trap - EXIT
echo "backed up: $backups/$name"

# oldest first; only whole backups have such names
mapfile -t all < <(find "$backups" -mindepth 1 -maxdepth 1 -type d -name '2*Z' | sort)
for ((n = 0; n < ${#all[@]} - keep; n++)); do rm -rf "${all[n]}"; done
