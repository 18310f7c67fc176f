Feature: Bytecode cache

  @PERF-5
  Scenario: OPcache is on and caches the scripts
    Given the running development environment
    When the browser requests "/api/config"
    Then the response field "opcache.enabled" is "true"
    And the response field "opcache.cached_scripts" is at least 50

  @PERF-5
  Scenario: OPcache is switched on where FPM reads it, and looks at every file's time
    Given the files of the development environment
    Then variable "opcache.enable" of file "docker/php/primehub.ini" is "1"
    And variable "opcache.validate_timestamps" of file "docker/php/primehub.ini" is "1"
    And variable "opcache.revalidate_freq" of file "docker/php/primehub.ini" is "0"
    And the build of "app" copies "docker/php/primehub.ini" to "/etc/php/8.2/fpm/conf.d/90-primehub.ini"
