Feature: The web server

  @NGX-5
  Scenario: nginx can read what it serves, and write none of it
    Given the development environment
    Then service "nginx" mounts "./public" at "/var/www/public" read-only
    And service "nginx" mounts "./docker/nginx/conf.d" at "/etc/nginx/conf.d" read-only

  @PERF-2
  Scenario: Text is compressed, images are not
    Given the running development environment
    When the browser requests "/orders" accepting "gzip"
    Then the response header "Content-Encoding" is "gzip"
    When the browser requests "/logo.svg" accepting "gzip"
    Then the response header "Content-Encoding" is "gzip"
    When the browser requests "/photo.png" accepting "gzip"
    Then the response is 200
    And the response has no header "Content-Encoding"

  @NGX-7 @SCALE-1 @disruptive
  Scenario: Load is shared among all replicas of the application
    Given the running development environment
    When service "app" is scaled to 3
    Then 30 requests for "/orders" succeed and come by all 3 replicas of "app" within 10 seconds
    And no request for "/orders" is lost while a replica of "app" is stopped
