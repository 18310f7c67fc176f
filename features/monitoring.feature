Feature: Monitoring
  The commands that the document gives an operator.

  @MON-1
  Scenario: The application answers
    Given the running development environment
    Then command "php artisan inspire" in "app" succeeds

  @MON-2
  Scenario: The database answers
    Given the running development environment
    Then command "mysqladmin ping" in "db" prints "mysqld is alive"

  @MON-3
  Scenario: The cache answers
    Given the running development environment
    Then command "redis-cli ping" in "redis" prints "PONG"

  @MON-4
  Scenario: The worker's log shows the jobs it processes
    Given the running development environment
    When the browser sends POST "/api/jobs/slow" with:
      | seconds | 1 |
    Then the response is 202
    And the log of "queue" shows "Processing: App\\Jobs\\BeSlow" within 10 seconds

  @MON-5
  Scenario: Every service is healthy
    Given the development environment
    Then every service is healthy

  @MON-5 @disruptive
  Scenario: Every health check can tell a frozen service from a working one
    Given the running development environment
    Then the health check of every service fails while the service is frozen and passes after

  @MON-2 @MON-3 @MON-5
  Scenario: What each health check asks
    Given the files of the development environment
    Then every service has a health check
    And the health check of "nginx" runs "wget -q -O /dev/null http://127.0.0.1/nginx-health"
    And the health check of "app" runs "app-health"
    And the health check of "queue" runs "queue-health"
    And the health check of "node" runs "wget -q -O /dev/null http://127.0.0.1:5173/@vite/client"
    And the health check of "db" runs "MYSQL_PWD=$MYSQL_PASSWORD mysqladmin ping --silent --protocol=tcp --host=127.0.0.1 --user=$MYSQL_USER"
    And the health check of "redis" runs "redis-cli ping | grep -q PONG"

  @MON-5
  Scenario: A broken service is noticed within half a minute
    Given the files of the development environment
    Then every "services.*.healthcheck.interval" is at most 10 seconds
    And every "services.*.healthcheck.timeout" is at most 3 seconds
    And every "services.*.healthcheck.retries" is at most 3
    And every "services.*.healthcheck.start_period" is at most 60 seconds, except:
      | service | reason                                      |
      | nginx   | serves from its first second on             |
      | redis   | its data is small: it answers within 1 second |
