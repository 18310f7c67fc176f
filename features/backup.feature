Feature: Backups
  What is backed up can be restored.

  @BAK-1 @disruptive
  Scenario: The documented dump restores the whole database
    Given the running development environment
    And an empty folder called "backups"
    Then running "docker compose exec -T db mysqldump primehub > {backups}/backup.sql" in the project folder succeeds
    And the dump "{backups}/backup.sql" of database "primehub" restores into an empty server like "db"

  @BAK-3 @disruptive
  Scenario: The documented archive restores the storage folder
    Given the running development environment
    And an empty folder called "backups"
    Then command "echo kept > /var/www/storage/app/seaworthy.txt" in "app" succeeds
    And running "tar -czf {backups}/storage-backup.tar.gz storage/" in the project folder succeeds
    And the archive "{backups}/storage-backup.tar.gz" restores folder "storage" byte for byte

  @BAK-4 @disruptive
  Scenario: One script backs up both
    Given the running development environment
    And an empty folder called "backups"
    Then command "echo kept > /var/www/storage/app/seaworthy.txt" in "app" succeeds
    And running "./backup-script.sh {backups}" in the project folder succeeds
    And the dump "{backups}/database-*.sql" of database "primehub" restores into an empty server like "db"
    And the archive "{backups}/storage-*.tar.gz" restores folder "storage" byte for byte

  @BAK-4 @disruptive
  Scenario: A part that fails fails the script, and leaves no half file
    Given the running development environment
    And an empty folder called "backups"
    When service "db" is stopped
    Then running "./backup-script.sh {backups}/daily" in the project folder fails
    And folder "{backups}" is empty
    When service "db" is started
    Then running "TAR_OPTIONS=--no-such-option ./backup-script.sh {backups}/daily" in the project folder fails
    And folder "{backups}" is empty
    And running "./backup-script.sh {backups}/daily" in the project folder succeeds
