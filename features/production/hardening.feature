Feature: Security policy of production
  What no service may do, by the files and by the kernel's own word.

  @SEC-5
  Scenario: Nobody is root, and nobody can become it
    Given the production environment
    Then every service runs as an unprivileged user
    And no service can gain new privileges
    And no service has a capability

  @SEC-6
  Scenario: Nothing is written but where it must be
    Given the production environment
    Then every service has a read-only root file system
    And exactly these paths are writable:
      | service | path             |
      | nginx   | /tmp             |
      | nginx   | /var/cache/nginx |
      | app     | /tmp             |
      | app     | /run/primehub    |
      | app     | /var/www/storage |
      | queue   | /tmp             |
      | queue   | /run/primehub    |
      | queue   | /var/www/storage |
      | db      | /tmp             |
      | db      | /run/mysqld      |
      | db      | /var/lib/mysql   |
      | redis   | /tmp             |
      | redis   | /data            |
      | backup  | /tmp             |
      | backup  | /backups         |
    And every tmpfs is bounded in size and runs no program

  @SEC-7
  Scenario: What each service may use
    Given the production environment
    Then exactly these limits hold:
      | service | memory  | CPUs | processes |
      | nginx   | 96 MiB  | 0.5  | 32        |
      | app     | 320 MiB | 1    | 48        |
      | queue   | 192 MiB | 0.5  | 32        |
      | db      | 640 MiB | 1.5  | 128       |
      | redis   | 160 MiB | 0.5  | 32        |
      | backup  | 128 MiB | 0.5  | 32        |

  @SEC-2
  Scenario: No secret gets out
    Given the production environment
    Then no secret is written in the files, images, environment or logs

  @SEC-2 @PAR-1
  Scenario: A page that breaks tells visitors nothing
    Given the running production environment
    Then the page "/error" fails with 500, and shows neither a secret nor a trace

  @SEC-4
  Scenario: Redis wants a password
    Given the production environment
    Then Redis in service "redis" refuses commands without a password

  @SEC-8
  Scenario: Which volumes are encrypted is said, and not assumed
    Given the files of the with-replica environment
    Then the encryption of volumes is declared so:
      | volume             | encryption | reason                                   |
      | mysql-data         | none       | not declared: as safe as its disk |
      | mysql-replica-data | none       | not declared: as safe as its disk |
      | redis-data         | none       | not declared: as safe as its disk |
      | storage            | none       | not declared: as safe as its disk |
      | backups            | none       | not declared: as safe as its disk |

  @SEC-2
  Scenario: Where production has its secrets from
    Given the files of the production environment
    Then no "services.db.environment.MYSQL_PASSWORD" is set
    And no "services.db.environment.MYSQL_ROOT_PASSWORD" is set
    And no service breaks the policy "privileged-container"
    And no "services.*.volumes.*.source" is "/var/run/docker.sock"
    And no "services.*.network_mode" is set
    And no "services.*.pid" is set
    And no "services.*.devices" is set
