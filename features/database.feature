Feature: The database

  @DB-1 @VOL-1
  Scenario: The data lies in a named volume
    Given the development environment
    Then service "db" mounts volume "mysql-data" at "/var/lib/mysql"
    And command "ls /var/lib/mysql" in "db" prints each of:
      | text     |
      | ibdata1  |
      | mysql    |
      | primehub |

  @DB-2
  Scenario: The application's user owns its database, and nothing else
    Given the running development environment
    Then user "primehub_user" of "db" owns database "primehub" and nothing else

  @DB-3
  Scenario: A write that is rolled back leaves nothing
    Given the running development environment
    When the browser sends POST "/api/orders" with:
      | reference | PH-ROLLED-BACK |
      | fail      | true           |
    Then the response is 422
    And for 1 second table "orders" in "db" has no row with:
      | reference | PH-ROLLED-BACK |

  @DB-3
  Scenario: A write that is committed stays
    Given the running development environment
    When the browser sends POST "/api/orders" with:
      | reference | PH-COMMITTED |
    Then the response is 201
    And table "orders" in "db" has exactly one row with:
      | reference | PH-COMMITTED |

  @DB-4 @disruptive
  Scenario: Rows survive the container
    Given the running development environment
    When the browser sends POST "/api/orders" with:
      | reference | PH-SURVIVES |
    Then the response is 201
    When service "db" is removed and created again
    Then table "orders" in "db" has exactly one row with:
      | reference | PH-SURVIVES |
    And a request for "/orders" succeeds

  @PERF-6
  Scenario: A list costs as many queries for few rows as for many
    Given the running development environment
    Then requests for "/orders?limit=5" and "/orders?limit=100" run as many queries in "db"

  @PERF-7
  Scenario: An order is found by its index
    Given the running development environment
    When the browser requests "/api/orders/PH-00042"
    Then the response is 200
    And every query of the request in "db" uses an index

  @DB-2 @ENV-1
  Scenario: The database and its user are named by the env file
    Given the files of the development environment
    Then exactly these variables are set in "db":
      | variable            | comes from |
      | MYSQL_DATABASE      | .env       |
      | MYSQL_PASSWORD      | .env       |
      | MYSQL_ROOT_PASSWORD | .env       |
      | MYSQL_USER          | .env       |
    And variable "MYSQL_DATABASE" in "db" is "primehub"
    And variable "MYSQL_USER" in "db" is "primehub_user"
    And variable "DB_DATABASE" in "app" is "primehub"
    And variable "DB_USERNAME" in "app" is "primehub_user"
    And variable "DB_HOST" in "app" is "db"
    And variable "DB_PASSWORD" of file ".env" is called "password"
    And variable "MYSQL_PASSWORD" in "db" is "{password}"
    And variable "DB_PASSWORD" in "app" is "{password}"
    And variable "DB_ROOT_PASSWORD" of file ".env" is called "root password"
    And variable "MYSQL_ROOT_PASSWORD" in "db" is "{root password}"
