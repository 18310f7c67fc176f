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

  @TOPO-3 @SEC-7
  Scenario: Nobody has changed a container of production by hand
    Given the running production environment
    Then the running stack is what its files declare

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
    Given the files of the whole-production environment
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

  @SEC-5 @SEC-6 @SEC-7
  Scenario: Services in profiles are held as tight as the others
    Given the files of the whole-production environment
    Then every service runs as an unprivileged user
    And exactly these values of "services.*.user" are set:
      | name       | value    |
      | nginx      | 101:101  |
      | app        | 33:33    |
      | queue      | 33:33    |
      | db         | 999:999  |
      | redis      | 999:1000 |
      | backup     | 33:33    |
      | restore    | 33:33    |
      | db-replica | 999:999  |
    And no service can gain new privileges
    And no service breaks the policy "security-profile-off"
    And no service has a capability
    And every service has a read-only root file system
    And every service has a memory limit
    And every service has a CPU limit
    And every service has a process limit
    And exactly these values of "services.*.sysctls" are set:
      | name  | value                                 |
      | nginx | net.ipv4.ip_unprivileged_port_start=0 |

  @SEC-6 @PAR-5 @DB-1 @RED-1 @BAK-2 @PERF-10
  Scenario: Who mounts what in production, to read or to write
    Given the files of the whole-production environment
    Then exactly these mounts are in place:
      | service    | kind   | source             | path             | mode      |
      | nginx      | tmpfs  |                    | /tmp             | writable  |
      | nginx      | tmpfs  |                    | /var/cache/nginx | writable  |
      | app        | volume | storage            | /var/www/storage | writable  |
      | app        | tmpfs  |                    | /tmp             | writable  |
      | app        | tmpfs  |                    | /run/primehub    | writable  |
      | queue      | volume | storage            | /var/www/storage | writable  |
      | queue      | tmpfs  |                    | /tmp             | writable  |
      | queue      | tmpfs  |                    | /run/primehub    | writable  |
      | db         | volume | mysql-data         | /var/lib/mysql   | writable  |
      | db         | tmpfs  |                    | /tmp             | writable  |
      | db         | tmpfs  |                    | /run/mysqld      | writable  |
      | redis      | volume | redis-data         | /data            | writable  |
      | redis      | tmpfs  |                    | /tmp             | writable  |
      | backup     | volume | backups            | /backups         | writable  |
      | backup     | volume | storage            | /var/www/storage | read-only |
      | backup     | tmpfs  |                    | /tmp             | writable  |
      | restore    | volume | backups            | /backups         | read-only |
      | restore    | volume | storage            | /var/www/storage | writable  |
      | restore    | tmpfs  |                    | /tmp             | writable  |
      | db-replica | volume | mysql-replica-data | /var/lib/mysql   | writable  |
      | db-replica | tmpfs  |                    | /tmp             | writable  |
      | db-replica | tmpfs  |                    | /run/mysqld      | writable  |
    And exactly these values of "services.*.volumes.*.volume.nocopy" are set:
      | service | volume           | value |
      | queue   | /var/www/storage | true  |

  @SEC-6
  Scenario: How large each memory file system is, whose, and what it allows
    Given the files of the whole-production environment
    Then exactly these values of "services.*.tmpfs" are set:
      | name       | value                                                                   |
      | nginx      | /tmp:size=32m,mode=1777,noexec,nosuid,nodev                             |
      | nginx      | /var/cache/nginx:size=48m,mode=0700,uid=101,gid=101,noexec,nosuid,nodev |
      | app        | /tmp:size=32m,mode=1777,noexec,nosuid,nodev                             |
      | app        | /run/primehub:size=1m,mode=0700,uid=33,gid=33,noexec,nosuid,nodev       |
      | queue      | /tmp:size=32m,mode=1777,noexec,nosuid,nodev                             |
      | queue      | /run/primehub:size=1m,mode=0700,uid=33,gid=33,noexec,nosuid,nodev       |
      | db         | /tmp:size=64m,mode=1777,noexec,nosuid,nodev                             |
      | db         | /run/mysqld:size=1m,mode=0755,uid=999,gid=999,noexec,nosuid,nodev       |
      | redis      | /tmp:size=8m,mode=1777,noexec,nosuid,nodev                              |
      | backup     | /tmp:size=8m,mode=1777,noexec,nosuid,nodev                              |
      | restore    | /tmp:size=8m,mode=1777,noexec,nosuid,nodev                              |
      | db-replica | /tmp:size=64m,mode=1777,noexec,nosuid,nodev                             |
      | db-replica | /run/mysqld:size=1m,mode=0755,uid=999,gid=999,noexec,nosuid,nodev       |

  @SEC-2
  Scenario: Who is given which secret
    Given the files of the whole-production environment
    Then exactly these secrets are given:
      | service    | secret              | path                                     |
      | nginx      | tls_certificate     | /run/secrets/tls_certificate             |
      | nginx      | tls_key             | /run/secrets/tls_key                     |
      | app        | app_key             | /run/secrets/app_key                     |
      | app        | db_password         | /run/secrets/db_password                 |
      | app        | redis_password      | /run/secrets/redis_password              |
      | queue      | app_key             | /run/secrets/app_key                     |
      | queue      | db_password         | /run/secrets/db_password                 |
      | queue      | redis_password      | /run/secrets/redis_password              |
      | db         | db_password         | /run/secrets/db_password                 |
      | db         | db_root_password    | /run/secrets/db_root_password            |
      | db         | db_client.cnf       | /run/secrets/db_client.cnf               |
      | db         | db_accounts.sql     | /docker-entrypoint-initdb.d/accounts.sql |
      | redis      | redis.conf          | /run/secrets/redis.conf                  |
      | redis      | redis_password      | /run/secrets/redis_password              |
      | backup     | db_backup.cnf       | /run/secrets/db_backup.cnf               |
      | restore    | db_restore.cnf      | /run/secrets/db_restore.cnf              |
      | db-replica | db_password         | /run/secrets/db_password                 |
      | db-replica | db_root_password    | /run/secrets/db_root_password            |
      | db-replica | db_replica_password | /run/secrets/db_replica_password         |
      | db-replica | db_replica.cnf      | /run/secrets/db_replica.cnf              |
      | db-replica | db_accounts.sql     | /docker-entrypoint-initdb.d/accounts.sql |
    And variable "MYSQL_PASSWORD_FILE" in "db" is "/run/secrets/db_password"
    And variable "MYSQL_ROOT_PASSWORD_FILE" in "db" is "/run/secrets/db_root_password"
    And variable "MYSQL_PASSWORD_FILE" in "db-replica" is "/run/secrets/db_password"
    And variable "MYSQL_ROOT_PASSWORD_FILE" in "db-replica" is "/run/secrets/db_root_password"

  @SEC-2 @NGX-6
  Scenario: Which file each secret is
    Given the files of the whole-production environment
    Then exactly these values of "secrets.*.file" are set:
      | name                | value                                    |
      | app_key             | ./production/secrets/app_key             |
      | db_password         | ./production/secrets/db_password         |
      | db_root_password    | ./production/secrets/db_root_password    |
      | db_replica_password | ./production/secrets/db_replica_password |
      | db_accounts.sql     | ./production/secrets/db_accounts.sql     |
      | db_client.cnf       | ./production/secrets/db_client.cnf       |
      | db_backup.cnf       | ./production/secrets/db_backup.cnf       |
      | db_restore.cnf      | ./production/secrets/db_restore.cnf      |
      | db_replica.cnf      | ./production/secrets/db_replica.cnf      |
      | redis_password      | ./production/secrets/redis_password      |
      | redis.conf          | ./production/secrets/redis.conf          |
      | tls_certificate     | any                                      |
      | tls_key             | any                                      |
