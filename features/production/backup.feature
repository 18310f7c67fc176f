Feature: Backups of production
  Made every day by a service of its own, and good for a restore.

  @BAK-2
  Scenario: A backup every day
    Given the production environment
    Then service "backup" runs the command "snooze -v -H 3 -M 17 backup-script.sh"
    And service "backup" mounts volume "backups" at "/backups"

  @BAK-2 @BAK-4 @BAK-1 @BAK-3 @disruptive
  Scenario: The daily backup restores, with every row and every file
    Given the running production environment
    And an empty folder called "backups"
    Then command "echo kept > /var/www/storage/app/seaworthy.txt" in "app" succeeds
    And command "backup-script.sh" in "backup" succeeds
    And command "tar -dzf $(ls -d /backups/* | tail -n 1)/storage.tar.gz -C /var/www" in "backup" succeeds
    And running "docker compose cp backup:/backups/. {backups} && mv $(ls -d {backups}/*/ | tail -n 1)* {backups} && gunzip {backups}/database.sql.gz" in the project folder succeeds
    And the dump "{backups}/database.sql" of database "primehub" restores into an empty server like "db"

  @BAK-4 @disruptive
  Scenario: A backup that cannot be whole leaves nothing behind
    Given the running production environment
    Then command "ls -A -I .lock /backups | wc -l" in "backup" succeeds
    And what command "ls -A -I .lock /backups | wc -l" in "backup" prints is called "before"
    When service "db" is stopped
    Then command "backup-script.sh" in "backup" fails
    And command "ls -A -I .lock /backups | wc -l" in "backup" prints "{before}"
    When service "db" is started
    Then command "backup-script.sh" in "backup" succeeds

  @BAK-1 @BAK-2 @BAK-3 @BAK-4 @disruptive
  Scenario: The newest backup makes an empty stack what the old one was
    Given the running production environment
    And an empty folder called "kept"
    When the browser sends POST "/api/jobs/qr" with:
      | text | Saved |
    Then the response is 202
    And the response field "id" is called "job"
    And key "job:{job}:status" in "redis" is "done" within 10 seconds
    And command "mysql --defaults-file=/run/secrets/db_client.cnf primehub -e 'CREATE OR REPLACE VIEW late AS SELECT reference FROM orders'" in "db" succeeds
    And command "mysql --defaults-file=/run/secrets/db_client.cnf primehub -e 'CREATE PROCEDURE IF NOT EXISTS tell() SELECT * FROM late'" in "db" succeeds
    And command "mysql --defaults-file=/run/secrets/db_client.cnf primehub -e 'CREATE EVENT IF NOT EXISTS nightly ON SCHEDULE EVERY 1 DAY DO CALL tell()'" in "db" succeeds
    And command "backup-script.sh" in "backup" succeeds
    And running "docker compose exec -T backup tar -cf - -C /backups . > {kept}/backups.tar" in the project folder succeeds
    Given an empty production environment with service "backup"
    Then running "docker compose exec -T backup tar -xf - -C /backups < {kept}/backups.tar" in the project folder succeeds
    And running "docker compose run --rm --no-deps -T restore" in the project folder succeeds
    And database "primehub" in "db" is as in the running production environment
    And folder "/var/www/storage" in "backup" is as in the running production environment
    And the file "/var/www/storage/app/qr/{job}.png" in "backup" is a QR code of "Saved"

  @BAK-1 @BAK-2 @BAK-3 @disruptive
  Scenario: What is lost comes back from the newest backup
    Given the running production environment
    When the browser sends POST "/api/orders" with:
      | reference | PH-RESTORED |
    Then the response is 201
    And command "echo restored > /var/www/storage/app/restored.txt" in "app" succeeds
    And what command "cd /var/www/storage && find . | sort | sha256sum" in "backup" prints is called "files"
    And command "backup-script.sh" in "backup" succeeds
    And command "mysql --defaults-file=/run/secrets/db_client.cnf primehub -e 'DELETE FROM orders'" in "db" succeeds
    And command "rm /var/www/storage/app/restored.txt" in "app" succeeds
    And for 1 second table "orders" in "db" has no row with:
      | reference | PH-RESTORED |
    And running "docker compose run --rm --no-deps -T restore" in the project folder succeeds
    And table "orders" in "db" has exactly one row with:
      | reference | PH-RESTORED |
    And command "cd /var/www/storage && find . | sort | sha256sum" in "backup" prints "{files}"
    And command "cat /var/www/storage/app/restored.txt" in "app" prints "restored"
    And a request for "/orders" succeeds

  @BAK-2 @BAK-4
  Scenario: What the backup is told, and the restore that runs when it is called
    Given the files of the whole-production environment
    Then exactly these services run in profiles only:
      | service    | profiles |
      | restore    | restore  |
      | db-replica | replica  |
    And services "backup" and "restore" run the same image
    And exactly these values of "services.backup.environment" are set:
      | name   | value                |
      | backup | DB_DATABASE=primehub |
      | backup | BACKUP_KEEP=7        |
      | backup | TZ=UTC               |
    And exactly these values of "services.restore.environment" are set:
      | name    | value                |
      | restore | DB_DATABASE=primehub |
      | restore | BACKUP_KEEP=7        |
      | restore | TZ=UTC               |
    And exactly these values of "services.*.entrypoint" are set:
      | name    | value             |
      | restore | restore-script.sh |
    And no "services.restore.command.*" is set
    And "services.restore.healthcheck.disable" is true
    And exactly these values of "services.*.dns_opt" are set:
      | name    | value      |
      | backup  | timeout:1  |
      | backup  | attempts:1 |
      | restore | timeout:1  |
      | restore | attempts:1 |
