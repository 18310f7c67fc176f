Feature: Topology
  Six services, each in a container of its own, on one network.

  @TOPO-1
  Scenario: The documented services run, and no other
    Given the development environment
    Then exactly these services run:
      | service |
      | nginx   |
      | app     |
      | node    |
      | db      |
      | redis   |
      | queue   |
    And every service is attached to network "primehub-network" and to no other

  @QUE-1
  Scenario: The worker is the application's image with another command
    Given the development environment
    Then services "app" and "queue" run the same image
    And service "queue" runs the command "php artisan queue:work --tries=3"

  @TOPO-2
  Scenario: One service, one container, one tree of processes
    Given the development environment
    Then each service runs these programs only:
      | service | programs                   |
      | nginx   | nginx                      |
      | app     | php-fpm                    |
      | node    | docker-init, esbuild, node |
      | db      | mysqld                     |
      | redis   | redis-server               |
      | queue   | php                        |

  @NGX-1 @NODE-1 @DB-1 @RED-1
  Scenario: Documented images
    Given the development environment
    Then service "nginx" runs image "nginx:alpine"
    And service "node" runs image "node:20-alpine"
    And service "db" runs image "mysql:8.0"
    And service "redis" runs image "redis:alpine"
