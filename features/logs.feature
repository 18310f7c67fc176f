Feature: Logs
  Every service logs to its container's log.

  @LOG-1
  Scenario: Web server and application log each request
    Given the running development environment
    When the browser requests "/orders"
    Then the log of "nginx" shows "{request}"
    And the log of "app" shows "{request}"

  @LOG-1
  Scenario: The worker logs each job
    Given the running development environment
    When the browser sends POST "/api/jobs/qr" with:
      | text | for the log |
    Then the log of "queue" shows "Processed:  App\\Jobs\\MakeQrCode"

  @LOG-1
  Scenario: The stores log their start
    Given the running development environment
    Then the log of "db" shows "ready for connections"
    And the log of "redis" shows "Ready to accept connections"
