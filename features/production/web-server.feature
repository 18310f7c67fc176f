Feature: The web server in production
  TLS, static files that are kept, pages that are cached for whoever nobody knows.

  @NGX-1 @HOST-3
  Scenario: What production publishes
    Given the production environment
    Then exactly these ports are published:
      | service | port | host port | host address |
      | nginx   | 80   | 80        | any          |
      | nginx   | 443  | 443       | any          |
    And no service but "nginx" publishes a port

  @NGX-6 @SEC-3 @PAR-8
  Scenario: Plain HTTP is sent to TLS
    Given the running production environment
    When the browser requests "/orders" over plain HTTP
    Then the response is 308
    And the response header "Location" is "https://localhost/orders"
    When the browser requests "/orders"
    Then the response is 200
    And the response header "Strict-Transport-Security" contains "max-age=31536000"

  @NGX-6 @SEC-3
  Scenario: No TLS that is known to be broken
    Given the running production environment
    Then service "nginx" accepts TLS 1.2 and TLS 1.3 on port 443, and no older version

  @NGX-6 @SEC-3 @PERF-3 @PERF-4
  Scenario: What nginx is told of TLS, of connections and of caching
    Given the files of the production environment
    Then in the nginx configuration of "nginx", server "_" has no "ssl_protocols TLSv1.1"
    And in the nginx configuration of "nginx", upstream "app" has "keepalive 2"
    And in the nginx configuration of "nginx", location "= /index.php" has "fastcgi_pass app"
    And in the nginx configuration of "nginx", location "= /index.php" has "fastcgi_keep_conn on"
    And in the nginx configuration of "nginx", location "= /index.php" has "fastcgi_cache pages"
    And in the nginx configuration of "nginx", location "= /index.php" has "fastcgi_cache_bypass $has_session"
    And in the nginx configuration of "nginx", location "= /index.php" has "fastcgi_no_cache $has_session"

  @NGX-2
  Scenario: Static files are served without PHP in production
    Given the running production environment
    When the browser requests "/robots.txt"
    Then the response is 200
    And the request does not reach "app", "db" and "redis"

  @PERF-1 @PAR-2 @NODE-3
  Scenario: Built assets are kept for a year, and asked for again by their version
    Given the running production environment
    Then what command "grep -o 'assets/app-[A-Za-z0-9_-]*[.]js' /var/www/public/build/manifest.json" in "app" prints is called "script"
    When the browser requests "/build/{script}"
    Then the response is 200
    And the response header "Cache-Control" is "public, max-age=31536000, immutable"
    And the response header "Content-Type" contains "javascript"
    When the browser asks whether "/build/{script}" has changed
    Then the response is 304
    When the browser requests "/about"
    Then the response contains "/build/{script}"

  @PERF-2
  Scenario: Text is compressed in production, images are not
    Given the running production environment
    When the browser requests "/orders" accepting "gzip"
    Then the response header "Content-Encoding" is "gzip"
    When the browser requests "/photo.png" accepting "gzip"
    Then the response is 200
    And the response has no header "Content-Encoding"

  @PERF-3 @disruptive
  Scenario: Connections to the application are kept open
    Given the running production environment
    Then 30 requests for "/orders" open at most 5 connections from "nginx" to "app"

  @PERF-4 @disruptive
  Scenario: A public page is answered without PHP the second time, and never to whom is known
    Given the running production environment
    When another browser requests "/about?cached"
    Then the response is 200
    And the response header "X-Cache" is "MISS"
    When another browser requests "/about?cached"
    Then the response header "X-Cache" is "HIT"
    And the request does not reach "app"
    When the browser requests "/"
    Then the response is 200
    And the response has header "Set-Cookie"
    When the browser requests "/about?cached"
    Then the response header "X-Cache" is "BYPASS"
    And the request passes through "nginx" and "app"
    And the response contains "visits"
    When another browser requests "/about?cached"
    Then the response header "X-Cache" is "HIT"
    And the response does not contain "visits"

  @PERF-4
  Scenario: Whoever has a session sees a page of their own, and nobody else's
    Given the running production environment
    When the browser requests "/?one-comes"
    And the browser requests "/?one-stays"
    And the browser requests "/about?own"
    Then the response contains "<span id=\"visits\">3</span>"
    When the browser forgets its cookies
    And the browser requests "/?another-comes"
    And the browser requests "/about?own"
    Then the response does not contain "<span id=\"visits\">3</span>"
    And the response contains "<span id=\"visits\">2</span>"

  @NGX-7 @SCALE-1 @disruptive
  Scenario: Load is shared among all replicas of the application in production
    Given the running production environment
    When service "app" is scaled to 3
    Then 30 requests for "/orders" succeed and come by all 3 replicas of "app" within 15 seconds
    And no request for "/orders" is lost while a replica of "app" is stopped
