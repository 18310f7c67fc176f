Feature: A job on its way
  Application, queue, worker, and the status back in Redis.

  @FLOW-3 @QUE-2 @disruptive
  Scenario: Through Redis to the worker, and its result into both stores
    Given the running development environment
    When service "queue" is paused
    And the browser sends POST "/api/jobs/qr" with:
      | text | Ahoy, PrimeHub |
    Then the response is 202
    And the response field "status" is "queued"
    And the response field "id" is called "job"
    And the request passes through "nginx", "app" and "redis"
    And list "queues:default" in "redis" has an item with "{job}"
    And key "job:{job}:status" in "redis" is "queued"
    When service "queue" is resumed
    Then key "job:{job}:status" in "redis" is "done" within 10 seconds
    And list "queues:default" in "redis" has no item with "{job}"
    And table "job_results" in "db" has exactly one row with:
      | job_id | {job} |
      | status | done  |
    And the log of "queue" shows "Processing: App\\Jobs\\MakeQrCode"
    And the file "/var/www/storage/app/qr/{job}.png" in "queue" is a QR code of "Ahoy, PrimeHub"

  @QUE-5
  Scenario: A failing job is tried three times and then recorded
    Given the running development environment
    When the browser sends POST "/api/jobs/fail"
    Then the response is 202
    And the response field "id" is called "job"
    And key "job:{job}:status" in "redis" is "failed" within 20 seconds
    And table "job_results" in "db" has exactly one row with:
      | job_id   | {job}  |
      | status   | failed |
      | attempts | 3      |

  @QUE-3
  Scenario: A long job does not hold up a page
    Given the running development environment
    When the browser sends POST "/api/jobs/slow" with:
      | seconds | 5 |
    Then the response is 202
    And the response field "id" is called "job"
    And key "job:{job}:status" in "redis" is "processing" within 10 seconds
    And a request for "/orders" succeeds within 3 seconds
    And key "job:{job}:status" in "redis" is "processing"
    And key "job:{job}:status" in "redis" is "done" within 10 seconds

  @QUE-4 @disruptive
  Scenario: A job sends an e-mail
    Given the running development environment
    When profile "mail" is started
    And the browser sends POST "/api/jobs/mail" with:
      | to | captain@primehub.example |
    Then the response is 202
    And the response field "id" is called "job"
    And key "job:{job}:status" in "redis" is "done" within 10 seconds
    And "/email" on port 1080 of "mail" contains "captain@primehub.example"

  @QUE-1
  Scenario: The worker may finish its job before it ends
    Given the files of the development environment
    Then "services.queue.stop_signal" is "SIGTERM"
