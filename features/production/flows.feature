Feature: Data flows in production

  @FLOW-1 @NGX-3
  Scenario: A request over TLS, through nginx and PHP-FPM to both stores and back
    Given the running production environment
    When the browser requests "/orders"
    Then the response is 200
    And the response contains "Orders"
    And the request passes through "nginx", "app", "db" and "redis"

  @FLOW-1 @NGX-3 @disruptive
  Scenario: There is no other way to a page in production
    Given the running production environment
    When service "app" is paused
    Then a request for "/orders" fails with 502 or 504 within 10 seconds
    When service "app" is resumed
    Then a request for "/orders" succeeds within 10 seconds

  @FLOW-3 @QUE-2 @RED-4 @disruptive
  Scenario: A job in production, through Redis to a worker, and its result into both stores
    Given the running production environment
    When service "queue" is paused
    And the browser sends POST "/api/jobs/qr" with:
      | text | Ahoy, production |
    Then the response is 202
    And the response field "id" is called "job"
    And the request passes through "nginx", "app" and "redis"
    And list "queues:default" in "redis" has an item with "{job}"
    And key "job:{job}:status" in "redis" is "queued"
    When service "queue" is resumed
    Then key "job:{job}:status" in "redis" is "done" within 10 seconds
    And table "job_results" in "db" has exactly one row with:
      | job_id | {job} |
      | status | done  |
    And the file "/var/www/storage/app/qr/{job}.png" in "queue" is a QR code of "Ahoy, production"

  @QUE-5
  Scenario: A failing job is tried three times in production
    Given the running production environment
    When the browser sends POST "/api/jobs/fail"
    Then the response is 202
    And the response field "id" is called "job"
    And key "job:{job}:status" in "redis" is "failed" within 20 seconds
    And table "job_results" in "db" has exactly one row with:
      | job_id   | {job}  |
      | status   | failed |
      | attempts | 3      |

  @QUE-3
  Scenario: A long job does not hold up a page in production
    Given the running production environment
    When the browser sends POST "/api/jobs/slow" with:
      | seconds | 5 |
    Then the response is 202
    And the response field "id" is called "job"
    And key "job:{job}:status" in "redis" is "processing" within 10 seconds
    And a request for "/orders" succeeds within 3 seconds
    And key "job:{job}:status" in "redis" is "processing"

  @SCALE-2 @disruptive
  Scenario: Three workers share the jobs, and one that leaves takes none along
    Given the running production environment
    Then service "queue" has 3 replicas
    When the browser sends POST "/api/jobs/slow" 24 times with:
      | seconds | 0.31 |
    And a replica of "queue" is stopped
    Then table "job_results" in "db" has exactly 24 rows with within 40 seconds:
      | result   | 0.31 s |
      | status   | done   |
      | attempts | 1      |
    And these rows have 3 different values of "worker"

  @SCALE-2 @PAR-4 @disruptive
  Scenario: The job of a worker that is killed is done by another
    Given the running production environment
    When the browser sends POST "/api/jobs/slow" 3 times with:
      | seconds | 2.5 |
    Then table "job_results" in "db" has exactly 3 rows with:
      | type   | slow       |
      | status | processing |
    When a process of "queue" that runs "php artisan queue:work --tries=3" is killed
    Then table "job_results" in "db" has exactly 3 rows with within 40 seconds:
      | result | 2.5 s |
      | status | done  |

  @SCALE-2 @QUE-1
  Scenario: Three workers are asked for
    Given the files of the whole-production environment
    Then service "queue" has 3 replicas
    And service "app" has 1 replica
    And exactly these values of "services.*.deploy.replicas" are set:
      | name  | value |
      | queue | 3     |
    And no "services.*.scale" is set
    And service "queue" runs the command "php artisan queue:work --tries=3"

  @PERF-10 @BAK-2 @MON-5
  Scenario: Who waits for whom in production, and comes back after a failure
    Given the files of the whole-production environment
    Then exactly these services wait for others:
      | service    | waits for  | to be   |
      | nginx      | app        | started |
      | app        | db         | healthy |
      | app        | redis      | healthy |
      | app        | db-replica | healthy |
      | queue      | db         | healthy |
      | queue      | redis      | healthy |
      | queue      | db-replica | healthy |
      | backup     | db         | healthy |
      | restore    | db         | healthy |
      | db-replica | db         | healthy |
    And every service is restarted after a failure, except:
      | service | reason                              |
      | restore | it runs when it is called, and once |

  @SCALE-1 @SCALE-2 @QUE-1
  Scenario: Whoever is asked to stop has the time to finish
    Given the files of the whole-production environment
    Then exactly these values of "services.*.stop_grace_period" are set:
      | name       | value |
      | app        | 15s   |
      | queue      | 40s   |
      | db         | 30s   |
      | db-replica | 30s   |
    And exactly these values of "services.*.stop_signal" are set:
      | name    | value   |
      | queue   | SIGTERM |
      | backup  | SIGTERM |
      | restore | SIGTERM |
