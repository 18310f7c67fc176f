Feature: Development beside production
  Each row of the document's table, on the two running side by side.

  @PAR-1 @side-by-side
  Scenario: An error shows its trace in development only
    Given the running development environment
    When the browser requests "/error"
    Then the response is 500
    And the response contains "PageController.php"
    Given the running production environment
    When the browser requests "/error"
    Then the response is 500
    And the response does not contain "PageController"
    And the response does not contain "RuntimeException"
    And the response does not contain "/var/www"

  @PAR-1 @PAR-7
  Scenario: Production hides its errors and logs them alone
    Given the production environment
    Then variable "APP_ENV" in "app" is "production"
    And variable "APP_DEBUG" in "app" is "false"
    And variable "LOG_LEVEL" in "app" is "error"
    And variable "LOG_LEVEL" in "queue" is "error"

  @PAR-2 @side-by-side
  Scenario: Vite in development, built assets in production
    Given the running development environment
    When the browser requests "/@vite/client"
    Then the response is 200
    Given the running production environment
    When the browser requests "/@vite/client"
    Then the response is 404
    When the browser requests "/about"
    Then the response contains "/build/assets/app-"

  @PAR-3 @side-by-side
  Scenario: Configuration and routes are cached in production only
    Given the running development environment
    When the browser requests "/api/config"
    Then the response field "cached" is "false"
    Given the running production environment
    Then command "test -s /run/primehub/config.php" in "app" succeeds
    And command "ls bootstrap/cache" in "app" prints "routes-v7.php"

  @PAR-4 @TOPO-2 @disruptive
  Scenario: Production's worker is kept alive
    Given the running production environment
    Then service "queue" runs the command "php artisan queue:work --tries=3"
    When a process of "queue" that runs "php artisan queue:work --tries=3" is killed
    Then service "queue" runs the command "php artisan queue:work --tries=3" within 10 seconds

  @PAR-5
  Scenario: Production has named volumes and no folder of the host
    Given the files of the whole-production environment
    Then no "services.*.volumes.*.type" is "bind"
    And exactly these volumes are declared:
      | volume             | external |
      | mysql-data         | no       |
      | mysql-replica-data | no       |
      | redis-data         | no       |
      | storage            | no       |
      | backups            | no       |

  @PAR-6 @APP-4
  Scenario: Production's image has what it needs, and no tool
    Given the running production environment
    Then command "which gcc cc make npm node composer git | grep ." in "app" fails
    And command "ls -d /var/cache/apt/archives/*.deb /root/.npm node_modules tests 2>/dev/null | grep ." in "app" fails
    And command "php-fpm -m" in "app" prints each of:
      | text         |
      | pdo_mysql    |
      | mbstring     |
      | exif         |
      | bcmath       |
      | gd           |
      | zip          |
      | Zend OPcache |
    And command "php -m" in "queue" prints each of:
      | text  |
      | pcntl |

  @PAR-6
  Scenario: Production's image is built in stages
    Given the files of the whole-production environment
    Then exactly these images are built:
      | service | image                      | context | Dockerfile               | target     |
      | nginx   | primehub-web:production    | ./      | docker/php/Dockerfile    | web        |
      | app     | primehub-app:production    | ./      | docker/php/Dockerfile    | production |
      | backup  | primehub-backup:production | ./      | docker/backup/Dockerfile |            |
      | restore | primehub-backup:production | ./      | docker/backup/Dockerfile |            |

  @PAR-4 @side-by-side
  Scenario: A plain worker in development, a kept one in production
    Given the running development environment
    Then command "cat /proc/1/comm" in "queue" prints "php"
    Given the running production environment
    Then command "cat /proc/1/comm" in "queue" prints "supervisord"

  @PAR-5 @side-by-side
  Scenario: The project's folder in development, the image in production
    Given the running development environment
    Then service "app" mounts "./" at "/var/www"
    Given the running production environment
    Then service "app" mounts volume "storage" at "/var/www/storage"
    And command "grep -E ' /var/www(/(app|config|public|routes))? ' /proc/self/mountinfo" in "app" fails

  @PAR-6 @side-by-side
  Scenario: Development's dependencies stay in development
    Given the running development environment
    Then command "ls package-lock.json node_modules/vite" in "app" succeeds
    Given the running production environment
    Then command "ls -d package-lock.json node_modules/* | grep ." in "app" fails

  @PAR-7 @side-by-side
  Scenario: Everything is logged in development, errors in production
    Given the running development environment
    When the browser requests "/orders"
    Then the file "/var/www/storage/logs/laravel.log" in "app" contains "{request}"
    Given the running production environment
    When the browser requests "/orders"
    Then the response is 200
    And command "grep -r {request} storage/logs" in "app" fails

  @PAR-8 @side-by-side
  Scenario: Plain HTTP is answered in development, and sent to TLS in production
    Given the running development environment
    When the browser requests "/orders"
    Then the response is 200
    And the response has no header "Strict-Transport-Security"
    Given the running production environment
    When the browser requests "/orders" over plain HTTP
    Then the response is 308
    When the browser requests "/orders"
    Then the response is 200
    And the response has header "Strict-Transport-Security"

  @PAR-9 @QUE-1 @DB-1 @RED-1
  Scenario: What is the same
    Given the production environment
    Then services "app" and "queue" run the same image
    And service "db" runs image "mysql:8.0"
    And service "redis" runs image "redis:alpine"
    And service "queue" runs the command "php artisan queue:work --tries=3"

  @PAR-9 @PAR-1 @PAR-4 @PAR-5 @PAR-6 @PAR-7 @PAR-8
  Scenario: Apart from what is listed, the two are the same
    Given the development and production environments
    Then they differ only in:
      | what                                        | development | production | why                                                       |
      | services.node                               | present     | absent     | PAR-2: Vite's server has no place in production           |
      | services.nginx.depends_on.node              | present     | absent     | PAR-2: Vite's server has no place in production           |
      | services.backup                             | absent      | present    | BAK-2: production is backed up every day                  |
      | services.*.user                             | absent      | any        | SEC-5: production says whom each service runs as          |
      | services.*.cap_drop                         | absent      | ALL        | SEC-5: production drops every capability                  |
      | services.*.security_opt                     | absent      | any        | SEC-5: nothing gains privileges in production             |
      | services.*.read_only                        | absent      | true       | SEC-6: nothing is written to an image in production       |
      | services.*.tmpfs                            | absent      | any        | SEC-6: what is written beside volumes is in memory        |
      | services.*.deploy                           | absent      | present    | SEC-7, SCALE-2: limits, and three workers                 |
      | services.*.logging                          | absent      | present    | PAR-7: production's logs are bounded                      |
      | services.*.secrets                          | absent      | present    | SEC-2: production has its secrets as files                |
      | services.*.environment.APP_KEY              | any         | absent     | SEC-2: production has its secrets as files                |
      | services.*.environment.APP_KEY_FILE         | absent      | any        | SEC-2: production has its secrets as files                |
      | services.*.environment.DB_PASSWORD          | any         | absent     | SEC-2: production has its secrets as files                |
      | services.*.environment.DB_PASSWORD_FILE     | absent      | any        | SEC-2: production has its secrets as files                |
      | services.*.environment.DB_ROOT_PASSWORD     | any         | absent     | SEC-2: production has its secrets as files                |
      | services.*.environment.DB_ROOT_PASSWORD_FILE | absent     | any        | SEC-2: production has its secrets as files                |
      | services.*.environment.REDIS_PASSWORD       | any         | absent     | SEC-4: production's Redis has a password, as a file       |
      | services.*.environment.REDIS_PASSWORD_FILE  | absent      | any        | SEC-4: production's Redis has a password, as a file       |
      | services.db.environment.MYSQL_PASSWORD      | any         | absent     | SEC-2: production has its secrets as files                |
      | services.db.environment.MYSQL_PASSWORD_FILE | absent      | any        | SEC-2: production has its secrets as files                |
      | services.db.environment.MYSQL_ROOT_PASSWORD | any         | absent     | SEC-2: production has its secrets as files                |
      | services.db.environment.MYSQL_ROOT_PASSWORD_FILE | absent | any        | SEC-2: production has its secrets as files                |
      | secrets                                     | absent      | present    | SEC-2: production has its secrets as files                |
      | configs                                     | absent      | present    | PERF-10: what starts a replica                            |
      | services.app.depends_on.db-replica          | absent      | present    | PERF-10: where the profile is on, the replica is waited for |
      | services.queue.depends_on.db-replica        | absent      | present    | PERF-10: where the profile is on, the replica is waited for |
      | services.*.environment.APP_ENV              | local       | production | PAR-1: the environment's name                             |
      | services.*.environment.APP_DEBUG            | true        | false      | PAR-1: errors are shown in development only               |
      | services.*.environment.APP_URL              | any         | any        | PAR-8: TLS                                                |
      | services.*.environment.SESSION_SECURE_COOKIE | false      | true       | PAR-8: TLS                                                |
      | services.nginx.ports.443                    | absent      | present    | PAR-8: TLS                                                |
      | services.nginx.sysctls                      | absent      | present    | SEC-5: an unprivileged user listens on 80 and 443         |
      | services.*.environment.LOG_CHANNEL          | stack       | stderr     | PAR-7: production logs to the container alone             |
      | services.*.environment.LOG_LEVEL            | debug       | error      | PAR-7: production logs errors only                        |
      | services.*.environment.DB_PERSISTENT        | false       | true       | PERF-8: production keeps connections                      |
      | services.db.ports                           | present     | absent     | HOST-3: production publishes its web server only          |
      | services.redis.ports                        | present     | absent     | HOST-3: production publishes its web server only          |
      | services.db.volumes.[/root/.my.cnf]         | present     | absent     | SEC-2: production has its secrets as files                |
      | services.nginx.volumes                      | present     | absent     | PAR-5: the image has what development mounts              |
      | services.*.volumes./var/www                 | present     | absent     | PAR-5: the image has what development mounts              |
      | services.*.volumes./var/www/bootstrap/cache | present     | absent     | PAR-5: the image has what development mounts              |
      | services.*.volumes./var/www/storage         | any         | any        | PAR-5: named volumes in production                        |
      | volumes.storage                             | absent      | present    | PAR-5: named volumes in production                        |
      | volumes.backups                             | absent      | present    | BAK-2: production is backed up every day                  |
      | services.nginx.image                        | any         | any        | PAR-6: built with the assets in production                |
      | services.nginx.build                        | absent      | present    | PAR-6: built with the assets in production                |
      | services.nginx.healthcheck.test             | any         | any        | PAR-6: built with the assets in production                |
      | services.app.build.target                   | dev         | production | PAR-6: the stage that is built                            |
      | services.app.image                          | any         | any        | PAR-6: the stage that is built                            |
      | services.queue.image                        | any         | any        | PAR-6: the stage that is built                            |
      | services.*.stop_grace_period                | absent      | any        | SCALE-1, SCALE-2: what has begun is finished              |
      | services.db.command                         | absent      | any        | PERF-10, SEC-7: a log for a replica, and less memory      |
      | services.db.healthcheck.test                | any         | any        | SEC-2: the password is in a file                          |
      | services.redis.command                      | any         | any        | SEC-4: the password is in a file                          |
      | services.redis.healthcheck.test             | any         | any        | SEC-4: the password is in a file                          |
      | networks.primehub-network                   | present     | absent     | NET-7: production has a network for each kind of talk     |
      | networks.*                                  | absent      | present    | NET-7: production has a network for each kind of talk     |
      | services.*.networks                         | any         | any        | NET-7: production has a network for each kind of talk     |
