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

  @NGX-3
  Scenario: What nginx is told to hand to the application
    Given the files of the development environment
    Then in the nginx configuration of "nginx", location "= /index.php" has "fastcgi_pass app:9000"
    And in the nginx configuration of "nginx", location "= /index.php" has "fastcgi_param SCRIPT_FILENAME /var/www/public/index.php"
    And in the nginx configuration of "nginx", location "/" has "try_files $uri /index.php?$query_string"
    And in the nginx configuration of "nginx", location "~ \.php$" has "return 404"

  @NGX-1 @NGX-4
  Scenario: What nginx is told to listen on, and to hand to Vite
    Given the files of the development environment
    Then in the nginx configuration of "nginx", every server has "listen 80"
    And in the nginx configuration of "nginx", every server has no "autoindex on"
    And in the nginx configuration of "nginx", location "= /@vite/ws" has "proxy_pass http://node:5173"
