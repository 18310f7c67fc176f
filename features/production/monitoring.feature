Feature: Monitoring and logs of production

  @MON-1 @APP-2
  Scenario: The application answers in production
    Given the running production environment
    Then command "php artisan inspire" in "app" succeeds
    And command "php artisan --version" in "app" prints "Laravel Framework"
    When the browser requests "/"
    Then the response contains "Welcome to PrimeHub"
    When the browser requests "/api/orders/PH-00007"
    Then the response field "data.reference" is "PH-00007"

  @MON-2 @MON-3
  Scenario: The stores answer in production
    Given the running production environment
    Then command "mysqladmin --defaults-file=/run/secrets/db_client.cnf ping" in "db" prints "mysqld is alive"
    And command "REDISCLI_AUTH=$(cat /run/secrets/redis_password) redis-cli ping" in "redis" prints "PONG"

  @MON-5
  Scenario: Every service of production is healthy
    Given the production environment
    Then every service is healthy

  @MON-5 @disruptive
  Scenario: Every health check of production can tell a frozen service from a working one
    Given the running production environment
    Then the health check of every service fails while the service is frozen and passes after

  @LOG-1 @MON-4
  Scenario: Every service of production logs to its container's log
    Given the running production environment
    When the browser requests "/orders"
    Then the log of "nginx" shows "{request}"
    And the log of "app" shows "{request}"
    When the browser sends POST "/api/jobs/qr" with:
      | text | for the log |
    Then the log of "queue" shows "Processing: App\\Jobs\\MakeQrCode" within 10 seconds
    And the log of "queue" shows "Processed:  App\\Jobs\\MakeQrCode"
    And the log of "redis" shows "Ready to accept connections"

  @LOG-1 @PAR-7
  Scenario: Logs of production are bounded, and short
    Given the files of the whole-production environment
    Then every "services.*.logging.driver" is "json-file"
    And every "services.*.logging.options.max-size" is "10m"
    And every "services.*.logging.options.max-file" is "3"
    And variable "LOG_LEVEL" in "app" is "error"
    And variable "LOG_LEVEL" in "queue" is "error"

  @PERF-5 @ENV-2 @PAR-3
  Scenario: Code and configuration are cached in production
    Given the running production environment
    Then variable "PRIMEHUB_GREETING" of file ".env.production" is called "greeting"
    And variable "PRIMEHUB_GREETING" of file "production/.env" is "{greeting}"
    And variable "PRIMEHUB_GREETING" in "app" is "{greeting}"
    And command "grep -F greeting /run/primehub/config.php" in "app" prints "{greeting}"
    When the browser requests "/"
    Then the response contains "{greeting}"
    And command "PRIMEHUB_GREETING=Changed php artisan route:list >/dev/null && grep -F greeting /run/primehub/config.php" in "app" prints "{greeting}"
    And command "ls bootstrap/cache" in "app" prints "routes-v7.php"
    And command "ls bootstrap/views | grep -c [.]php" in "app" succeeds
    And command "php-fpm -i" in "app" prints "opcache.enable => On => On"
    And command "php-fpm -i" in "app" prints "opcache.validate_timestamps => Off => Off"

  @PERF-5
  Scenario: Production never looks whether a script has changed
    Given the files of the production environment
    Then variable "opcache.validate_timestamps" of file "docker/php/production/primehub.ini" is "0"

  @ENV-2
  Scenario: A value of production in the files, from the env file to the container
    Given the files of the production environment
    Then variable "PRIMEHUB_GREETING" of file ".env.production" is called "greeting"
    And variable "PRIMEHUB_GREETING" of file "production/.env" is "{greeting}"
    And variable "PRIMEHUB_GREETING" in "app" is "{greeting}"
    And variable "PRIMEHUB_GREETING" of "app" comes from "production/.env"

  @MON-2 @MON-3 @MON-5
  Scenario: What each health check of production asks
    Given the files of the whole-production environment
    Then every service has a health check, except:
      | service | reason                              |
      | restore | it runs when it is called, and once |
    And the health check of "nginx" runs "nginx-health"
    And the health check of "app" runs "app-health"
    And the health check of "queue" runs "queue-health"
    And the health check of "backup" runs "backup-health"
    And the health check of "db" runs "mysql --defaults-file=/run/secrets/db_client.cnf --protocol=tcp --host=127.0.0.1 --connect-timeout=2 -e 'SELECT 1' >/dev/null"
    And the health check of "redis" runs "REDISCLI_AUTH=$(cat /run/secrets/redis_password) redis-cli ping | grep -q PONG"
    And the health check of "db-replica" runs "[ $(mysql --defaults-file=/run/secrets/db_replica.cnf --protocol=tcp --host=127.0.0.1 --connect-timeout=2 --vertical -e 'SHOW REPLICA STATUS' | grep -cE 'Replica_(IO|SQL)_Running: Yes') = 2 ]"

  @MON-5
  Scenario: A broken service of production is noticed within half a minute
    Given the files of the whole-production environment
    Then every "services.*.healthcheck.interval" is at most 10 seconds, except:
      | service | reason                              |
      | restore | it runs when it is called, and once |
    And every "services.*.healthcheck.timeout" is at most 3 seconds, except:
      | service | reason                              |
      | restore | it runs when it is called, and once |
    And every "services.*.healthcheck.retries" is at most 3, except:
      | service | reason                              |
      | restore | it runs when it is called, and once |
    And every "services.*.healthcheck.start_period" is at most 60 seconds, except:
      | service | reason                                        |
      | nginx   | serves from its first second on               |
      | redis   | its data is small: it answers within 1 second |
      | restore | it runs when it is called, and once           |
