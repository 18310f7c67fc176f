Feature: Development and production
  What is development's own. The right column of the document's table follows with the production stack.

  @PAR-1 @PAR-7
  Scenario: Development shows its errors and logs everything
    Given the development environment
    Then variable "APP_ENV" in "app" is "local"
    And variable "APP_DEBUG" in "app" is "true"
    And variable "LOG_LEVEL" in "app" is "debug"
    And variable "LOG_LEVEL" in "queue" is "debug"

  @PAR-2
  Scenario: Development has assets from Vite's server
    Given the files of the development environment
    Then service "node" runs the command "node node_modules/vite/bin/vite.js --configLoader runner"
    And in the nginx configuration of "nginx", location "~ ^/(@vite|@id|@fs|node_modules|resources)/" has "proxy_pass http://node:5173"

  @PAR-3
  Scenario: Development caches no configuration, route or view in its image
    Given the files of the development environment
    Then the build of "app" runs none of:
      | text         |
      | config:cache |
      | route:cache  |
      | view:cache   |
      | optimize     |
    And variable "CACHE_DRIVER" in "app" is "redis"

  @PAR-4
  Scenario: Development's worker is a plain process
    Given the files of the development environment
    Then service "queue" runs the command "php artisan queue:work --tries=3"
    And the build of "app" runs none of:
      | text       |
      | supervisor |

  @PAR-5
  Scenario: Development works on the project's own folder
    Given the files of the development environment
    Then service "app" mounts "./" at "/var/www"
    And service "queue" mounts "./" at "/var/www"
    And service "node" mounts "./" at "/var/www"

  @PAR-6
  Scenario: Development's image is built in one stage
    Given the files of the development environment
    Then the image of "app" is built in 1 stage
    And "services.app.build.target" is "dev"

  @PAR-8
  Scenario: Development speaks no TLS
    Given the files of the development environment
    Then no "services.nginx.ports.*.target" is 443
    And in the nginx configuration of "nginx", every server has no "ssl_certificate"
