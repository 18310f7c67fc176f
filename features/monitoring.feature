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
