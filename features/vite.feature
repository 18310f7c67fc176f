Feature: The Vite development server
  Modules and the hot-update websocket reach the browser through the web server.

  @FLOW-2 @NGX-4
  Scenario: A module is served by Vite through nginx
    Given the running development environment
    When the browser requests "/resources/js/greeting.js"
    Then the response is 200
    And the response header "Content-Type" contains "javascript"
    And the response contains "export const greeting"
    And the request passes through "nginx"
    And the request does not reach "app"

  @FLOW-2 @NODE-2
  Scenario: A saved file reaches the browser
    Given the running development environment
    When the browser requests "/resources/js/app.js"
    Then the response is 200
    When the browser requests "/resources/js/greeting.js"
    Then the response is 200
    When the browser opens the websocket of Vite
    Then the websocket says "connected" within 5 seconds
    When the file "resources/js/greeting.js" is saved
    Then the websocket announces an update of "/resources/js/greeting.js" within 5 seconds

  @FLOW-2
  Scenario: A page is put together by a real browser
    Given the running development environment
    When a real browser opens "/"
    Then the real browser shows "Good to see you."

  @FLOW-2
  Scenario: A saved file changes the page that is open
    Given the running development environment
    When a real browser opens "/"
    Then the real browser shows "Moored in Bremen."
    When the file "resources/js/berth.js" is saved with "At anchor" in place of "Moored"
    Then the real browser shows "At anchor in Bremen." without a reload within 5 seconds
    And for 1 second the real browser never shows "Moored in Bremen."

  @NGX-4 @disruptive
  Scenario: Modules come from the Vite server and from nowhere else
    Given the running development environment
    When service "node" is paused
    Then a request for "/resources/js/greeting.js" fails with 502 or 504 within 8 seconds
    And a request for "/orders" succeeds
    When service "node" is resumed
    Then a request for "/resources/js/greeting.js" succeeds within 5 seconds
