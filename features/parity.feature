Feature: Development beside production
  Each row of the document's table, on the two running side by side.

  @PAR-1
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

  @PAR-2
  Scenario: Vite in development, built assets in production
    Given the running development environment
    When the browser requests "/@vite/client"
    Then the response is 200
    Given the running production environment
    When the browser requests "/@vite/client"
    Then the response is 404
    When the browser requests "/about"
    Then the response contains "/build/assets/app-"

  @PAR-3
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
    Given the files of the with-replica environment
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
    Then command "which gcc cc make npm node composer git" in "app" fails
    And command "ls /var/cache/apt/archives/*.deb /root/.npm node_modules tests" in "app" fails
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
    Given the files of the production environment
    Then "services.app.build.target" is "production"
    And "services.nginx.build.target" is "web"

  @PAR-9 @QUE-1 @DB-1 @RED-1
  Scenario: What is the same
    Given the production environment
    Then services "app" and "queue" run the same image
    And service "db" runs image "mysql:8.0"
    And service "redis" runs image "redis:alpine"
    And service "queue" runs the command "php artisan queue:work --tries=3"
