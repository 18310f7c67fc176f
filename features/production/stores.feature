Feature: The stores in production

  @DB-1 @VOL-1
  Scenario: The data of production lies in a named volume
    Given the production environment
    Then service "db" mounts volume "mysql-data" at "/var/lib/mysql"
    And command "ls /var/lib/mysql" in "db" prints each of:
      | text     |
      | ibdata1  |
      | mysql    |
      | primehub |

  @DB-2
  Scenario: The application's user owns its database in production, and nothing else
    Given the running production environment
    Then user "primehub_user" of "db" owns database "primehub" and nothing else

  @DB-3
  Scenario: A write that is rolled back leaves nothing in production
    Given the running production environment
    When the browser sends POST "/api/orders" with:
      | reference | PH-ROLLED-BACK |
      | fail      | true           |
    Then the response is 422
    And for 1 second table "orders" in "db" has no row with:
      | reference | PH-ROLLED-BACK |

  @DB-4 @disruptive
  Scenario: Rows of production survive the container
    Given the running production environment
    When the browser sends POST "/api/orders" with:
      | reference | PH-SURVIVES |
    Then the response is 201
    When service "db" is removed and created again
    Then table "orders" in "db" has exactly one row with:
      | reference | PH-SURVIVES |
    And a request for "/orders" succeeds within 20 seconds

  @PERF-6 @PERF-7
  Scenario: Queries are lean in production
    Given the running production environment
    Then requests for "/orders?limit=5" and "/orders?limit=100" run as many queries in "db"
    When the browser requests "/api/orders/PH-00042"
    Then the response is 200
    And every query of the request in "db" uses an index

  @PERF-8 @disruptive
  Scenario: Connections to the database are kept and used again
    Given the running production environment
    Then 40 requests for "/orders" open at most 8 connections from "app" to "db"

  @RED-2 @PERF-9 @PAR-3 @disruptive
  Scenario: Results of queries are cached in production
    Given the running production environment
    When the browser sends POST "/api/orders"
    Then the response is 201
    When the browser requests "/reports/orders"
    Then the request runs 1 queries in "db"
    And a key like "cache:*" in "redis" exists
    When the browser requests "/reports/orders"
    Then the response is 200
    And the request runs 0 queries in "db"

  @RED-3
  Scenario: Sessions are kept in production
    Given the running production environment
    When the browser requests "/"
    Then the response is 200
    And a key like "session:*" in "redis" exists
    When the browser requests "/"
    Then the response contains "<span id=\"visits\">2</span>"

  @RED-5
  Scenario: A message reaches its subscriber in production
    Given the running production environment
    When a subscriber listens to channel "orders" in "redis"
    And the browser sends POST "/api/orders" with:
      | reference | PH-ANNOUNCED |
    Then the response is 201
    And the subscriber hears "PH-ANNOUNCED" within 5 seconds

  @RED-1 @RED-6 @VOL-2 @disruptive
  Scenario: Keys of production survive the container
    Given the running production environment
    Then service "redis" mounts volume "redis-data" at "/data"
    When key "seaworthy:probe" in "redis" is set to "aye"
    Then command "REDISCLI_AUTH=$(cat /run/secrets/redis_password) timeout 30 sh -c 'until redis-cli save | grep -x OK; do sleep 0.2; done'" in "redis" prints "OK"
    And command "ls /data" in "redis" prints each of:
      | text          |
      | dump.rdb      |
      | appendonlydir |
    When service "redis" is removed and created again
    Then key "seaworthy:probe" in "redis" is "aye"
    And a request for "/orders" succeeds within 20 seconds

  @PERF-10
  Scenario: Reads go to the replica, writes to the primary
    Given the running with-replica environment
    When the browser requests "/api/orders/PH-00042"
    Then the response is 200
    And the request passes through "nginx", "app" and "db-replica"
    And the request does not reach "db"
    When the browser sends POST "/api/orders" with:
      | reference | PH-REPLICATED |
    Then the response is 201
    And the request passes through "nginx", "app" and "db"
    And table "orders" in "db-replica" has exactly one row with:
      | reference | PH-REPLICATED |

  @TOPO-3 @PERF-10
  Scenario: Nobody has changed a container by hand where a replica runs
    Given the running with-replica environment
    Then the running stack is what its files declare

  @PERF-10
  Scenario: What the replica is told
    Given the files of the with-replica environment
    Then variable "DB_READ_HOST" in "app" is "db-replica"
    And variable "DB_HOST" in "app" is "db"
    And exactly these services run in profiles only:
      | service    | profiles |
      | db-replica | replica  |
      | restore    | restore  |

  @DB-2 @RED-2 @RED-3 @RED-4
  Scenario: What production is told of its stores
    Given the files of the production environment
    Then variable "MYSQL_DATABASE" in "db" is "primehub"
    And variable "MYSQL_USER" in "db" is "primehub_user"
    And variable "DB_DATABASE" in "app" is "primehub"
    And variable "DB_USERNAME" in "app" is "primehub_user"
    And variable "DB_HOST" in "app" is "db"
    And variable "REDIS_HOST" in "app" is "redis"
    And variable "CACHE_DRIVER" in "app" is "redis"
    And variable "SESSION_DRIVER" in "app" is "redis"
    And variable "QUEUE_CONNECTION" in "app" is "redis"
    And variable "QUEUE_CONNECTION" in "queue" is "redis"

  @PERF-10 @SEC-7 @RED-6
  Scenario: How the stores of production are started
    Given the files of the whole-production environment
    Then services "db" and "db-replica" run the same image
    And service "db" runs the command "mysqld --server-id=1 --loose-gtid-mode=ON --loose-enforce-gtid-consistency=ON --log-bin=binlog --binlog-expire-logs-seconds=259200 --innodb-buffer-pool-size=64M --innodb-log-buffer-size=8M --max-connections=64 --table-open-cache=400 --table-definition-cache=400 --log-error-verbosity=1 --loose-mysqlx=OFF"
    And service "db-replica" runs the command "mysqld --server-id=2 --loose-gtid-mode=ON --loose-enforce-gtid-consistency=ON --log-bin=binlog --relay-log=relay --innodb-buffer-pool-size=64M --innodb-log-buffer-size=8M --max-connections=64 --table-open-cache=400 --table-definition-cache=400 --log-error-verbosity=1 --loose-mysqlx=OFF"
    And service "redis" runs the command "redis-server /run/secrets/redis.conf --appendonly yes --save 60 1 --maxmemory 64mb --maxmemory-policy volatile-lru"

  @PERF-10
  Scenario: What makes a database a replica
    Given the files of the whole-production environment
    Then exactly these configs are given:
      | service    | config       | path                                        |
      | db-replica | replica-init | /docker-entrypoint-initdb.d/replica-init.sh |
    And exactly these values of "configs.*.file" are set:
      | name         | value                          |
      | replica-init | ./docker/mysql/replica-init.sh |
    And variable "MYSQL_DATABASE" in "db-replica" is "primehub"
    And variable "MYSQL_USER" in "db-replica" is "primehub_user"
