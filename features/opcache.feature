Feature: Bytecode cache

  @PERF-5
  Scenario: OPcache is on and caches the scripts
    Given the running development environment
    When the browser requests "/api/config"
    Then the response field "opcache.enabled" is "true"
    And the response field "opcache.cached_scripts" is at least 50
