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

  @TOPO-3
  Scenario: Nobody has changed a container of development by hand
    Given the running development environment
    Then the running stack is what its files declare

  @NGX-1 @NODE-1 @DB-1 @RED-1
  Scenario: Documented images
    Given the development environment
    Then service "nginx" runs image "nginx:alpine"
    And service "node" runs image "node:20-alpine"
    And service "db" runs image "mysql:8.0"
    And service "redis" runs image "redis:alpine"

  @TOPO-1
  Scenario: One network, and every service on it has a way out
    Given the files of the development environment
    Then exactly these networks are declared:
      | network          | way out |
      | primehub-network | yes     |
    And exactly these volumes are declared:
      | volume     | external |
      | mysql-data | no       |
      | redis-data | no       |

  @TOPO-1
  Scenario: The mail catcher waits in a profile
    Given the files of the development environment
    Then exactly these services run in profiles only:
      | service | profiles |
      | mail    | mail     |

  @TOPO-2
  Scenario: One container for each service
    Given the development environment
    Then service "nginx" has 1 replica
    And service "app" has 1 replica
    And service "node" has 1 replica
    And service "db" has 1 replica
    And service "redis" has 1 replica
    And service "queue" has 1 replica

  Scenario: Who waits for whom
    Given the files of the development environment
    Then exactly these services wait for others:
      | service | waits for | to be   |
      | nginx   | app       | started |
      | nginx   | node      | started |
      | app     | db        | healthy |
      | app     | redis     | healthy |
      | queue   | db        | healthy |
      | queue   | redis     | healthy |
    And every service is restarted after a failure

  @APP-3 @NGX-5 @NODE-1 @DB-1 @RED-1 @VOL-3
  Scenario: Every mount there is
    Given the files of the development environment
    Then exactly these mounts are in place:
      | service | kind   | source                | path                     | mode      |
      | nginx   | folder | ./public              | /var/www/public          | read-only |
      | nginx   | folder | ./docker/nginx/conf.d | /etc/nginx/conf.d        | read-only |
      | app     | folder | ./                    | /var/www                 | writable  |
      | app     | folder | ./storage             | /var/www/storage         | writable  |
      | app     | folder | ./bootstrap/cache     | /var/www/bootstrap/cache | writable  |
      | queue   | folder | ./                    | /var/www                 | writable  |
      | queue   | folder | ./storage             | /var/www/storage         | writable  |
      | queue   | folder | ./bootstrap/cache     | /var/www/bootstrap/cache | writable  |
      | node    | folder | ./                    | /var/www                 | writable  |
      | db      | volume | mysql-data            | /var/lib/mysql           | writable  |
      | db      | folder | ./.my.cnf             | /root/.my.cnf            | read-only |
      | redis   | volume | redis-data            | /data                    | writable  |

  Scenario: Three services run what their images run
    Given the files of the development environment
    Then no "services.nginx.command" is set
    And no "services.app.command" is set
    And no "services.db.command" is set
    And no "services.*.entrypoint" is set
