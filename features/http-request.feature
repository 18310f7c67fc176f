Feature: A request on its way
  Browser, web server, application, stores, and back.

  @FLOW-1
  Scenario: Through nginx and PHP-FPM to both stores and back
    Given the running development environment
    When the browser requests "/orders"
    Then the response is 200
    And the response contains "Orders"
    And the request passes through "nginx", "app", "db" and "redis"

  @FLOW-1 @NGX-3 @disruptive
  Scenario: There is no other way to a page than through the application
    Given the running development environment
    When service "app" is paused
    Then a request for "/orders" fails with 502 or 504 within 5 seconds
    When service "app" is resumed
    Then a request for "/orders" succeeds within 5 seconds
    And the request passes through "nginx" and "app"

  @NGX-2
  Scenario: Static files are served without PHP
    Given the running development environment
    When the browser requests "/robots.txt"
    Then the response is 200
    And the response header "Content-Type" contains "text/plain"
    And the request does not reach "app", "db" and "redis"

  @NGX-2 @disruptive
  Scenario: Static files need no application
    Given the running development environment
    When service "app" is paused
    And the browser requests "/robots.txt"
    Then the response is 200

  @NGX-3
  Scenario: The API answers through the application
    Given the running development environment
    When the browser requests "/api/orders"
    Then the response is 200
    And the response header "Content-Type" contains "application/json"
    And the request passes through "nginx", "app" and "db"
