Feature: Redis
  Cache, sessions, queue and real-time messages.

  @RED-1 @VOL-2
  Scenario: The data lies in a named volume, as a snapshot and an append-only file
    Given the development environment
    Then service "redis" mounts volume "redis-data" at "/data"
    And command "redis-cli config get save" in "redis" prints each of:
      | text |
      | 60 1 |
    And command "timeout 30 sh -c 'until redis-cli save | grep -x OK; do sleep 0.2; done'" in "redis" prints "OK"
    And command "ls /data" in "redis" prints each of:
      | text          |
      | dump.rdb      |
      | appendonlydir |

  @RED-2 @PERF-9 @disruptive
  Scenario: Results of queries are cached
    Given the running development environment
    When the browser sends POST "/api/orders"
    Then the response is 201
    When the browser requests "/reports/orders"
    Then the request runs 1 queries in "db"
    And a key like "cache:*" in "redis" exists
    When the browser requests "/reports/orders"
    Then the response is 200
    And the request runs 0 queries in "db"

  @RED-3
  Scenario: Sessions are kept
    Given the running development environment
    When the browser requests "/"
    Then the response is 200
    And a key like "session:*" in "redis" exists
    When the browser requests "/"
    Then the response contains "<span id=\"visits\">2</span>"

  @RED-4 @disruptive
  Scenario: Jobs wait in Redis
    Given the running development environment
    When service "queue" is paused
    And the browser sends POST "/api/jobs/slow" with:
      | seconds | 0 |
    Then the response is 202
    And the response field "id" is called "job"
    And list "queues:default" in "redis" has an item with "{job}"

  @RED-5
  Scenario: A message reaches its subscriber
    Given the running development environment
    When a subscriber listens to channel "orders" in "redis"
    And the browser sends POST "/api/orders" with:
      | reference | PH-ANNOUNCED |
    Then the response is 201
    And the subscriber hears "PH-ANNOUNCED" within 5 seconds

  @RED-6 @disruptive
  Scenario: Keys survive the container
    Given the running development environment
    When key "seaworthy:probe" in "redis" is set to "aye"
    And service "redis" is removed and created again
    Then key "seaworthy:probe" in "redis" is "aye"
    And a request for "/orders" succeeds

  @RED-2 @RED-3 @RED-4
  Scenario: Laravel is told to keep cache, sessions and jobs in Redis
    Given the development environment
    Then variable "CACHE_DRIVER" in "app" is "redis"
    And variable "SESSION_DRIVER" in "app" is "redis"
    And variable "QUEUE_CONNECTION" in "app" is "redis"
    And variable "QUEUE_CONNECTION" in "queue" is "redis"
    And variable "REDIS_HOST" in "app" is "redis"
    And variable "REDIS_HOST" in "queue" is "redis"

  @RED-6
  Scenario: Redis is told to write what it holds
    Given the files of the development environment
    Then service "redis" runs the command "redis-server --appendonly yes --save 60 1"
    And service "redis" mounts volume "redis-data" at "/data"
