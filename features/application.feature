Feature: The application
  Laravel on PHP-FPM, reached through the web server and by Artisan.

  @APP-1
  Scenario: PHP 8.2 behind a port of the network
    Given the running development environment
    Then command "php --version" in "app" prints "PHP 8.2"
    And port 9000 of "app" is reached from inside the network only

  @APP-2
  Scenario: A page, an endpoint and a command
    Given the running development environment
    When the browser requests "/"
    Then the response is 200
    And the response contains "Welcome to PrimeHub"
    When the browser requests "/api/orders/PH-00007"
    Then the response is 200
    And the response field "data.reference" is "PH-00007"
    And command "php artisan --version" in "app" prints "Laravel Framework"

  @APP-3
  Scenario: What is mounted into the application
    Given the development environment
    Then service "app" mounts "./" at "/var/www"
    And service "app" mounts "./storage" at "/var/www/storage"
    And service "app" mounts "./bootstrap/cache" at "/var/www/bootstrap/cache"

  @APP-4
  Scenario: Extensions of PHP-FPM
    Given the running development environment
    Then command "php-fpm -m" in "app" prints each of:
      | text         |
      | pdo_mysql    |
      | mbstring     |
      | exif         |
      | bcmath       |
      | gd           |
      | zip          |
      | Zend OPcache |

  @APP-4
  Scenario: Process control is an extension of the command line, where the worker runs
    Given the running development environment
    Then command "php -m" in "queue" prints each of:
      | text      |
      | pcntl     |
      | pdo_mysql |

  @ENV-1
  Scenario: A value on its way from the env file into Laravel's configuration
    Given the running development environment
    Then variable "PRIMEHUB_GREETING" of file ".env.docker" is called "greeting"
    And variable "PRIMEHUB_GREETING" of file ".env" is "{greeting}"
    And variable "PRIMEHUB_GREETING" in "app" is "{greeting}"
    When the browser requests "/api/config"
    Then the response field "config.primehub.greeting" is "{greeting}"
    And the response field "cached" is "false"

  @VOL-3
  Scenario: The project folder is the container's
    Given the running development environment
    Then a file written to "resources" on the host is at once in "/var/www/resources" of "app"

  @LOG-2
  Scenario: The application also logs to a file
    Given the running development environment
    When the browser requests "/orders"
    Then the file "/var/www/storage/logs/laravel.log" in "app" contains "{request}"

  @APP-1 @APP-4
  Scenario: How the application's image is built
    Given the files of the development environment
    Then exactly these images are built:
      | service | image            | context | Dockerfile            | target |
      | app     | primehub-app:dev | ./      | docker/php/Dockerfile | dev    |
    And the image of "app" is built from "debian:12-slim"
    And the image of "app" runs as user "www-data"
    And the build of "app" runs each of:
      | text            |
      | php8.2-fpm      |
      | php8.2-cli      |
      | php8.2-mysql    |
      | php8.2-mbstring |
      | php8.2-bcmath   |
      | php8.2-gd       |
      | php8.2-zip      |
      | php8.2-opcache  |

  @APP-1
  Scenario: The application is on no port of the host
    Given the files of the development environment
    Then no "services.app.ports" is set
    And no "services.queue.ports" is set

  @ENV-1
  Scenario: The same value in the files, from the env file to the container
    Given the files of the development environment
    Then variable "PRIMEHUB_GREETING" of file ".env.docker" is called "greeting"
    And variable "PRIMEHUB_GREETING" of file ".env" is "{greeting}"
    And variable "PRIMEHUB_GREETING" in "app" is "{greeting}"
    And variable "PRIMEHUB_GREETING" of "app" comes from ".env"
    And every variable of "app" comes from ".env"
    And every variable of "queue" comes from ".env"
    And no "services.nginx.environment" is set
    And no "services.node.environment" is set
    And no "services.redis.environment" is set
