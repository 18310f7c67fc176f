Feature: Security policy
  What no service may do, in development as anywhere.

  Scenario: No service owns the host
    Given the files of the development environment
    Then no service breaks the policy "privileged-container"
    And no "services.*.volumes.*.source" is "/var/run/docker.sock"
    And no "services.*.network_mode" is set
    And no "services.*.pid" is set
    And no "services.*.ipc" is set
    And no "services.*.devices" is set

  Scenario: No service is given more rights than the engine gives by default
    Given the files of the development environment
    Then no "services.*.cap_add" is set
    And no "services.*.security_opt" is set
    And no "services.*.user" is "root"

  Scenario: Folders of the host are mounted where development needs them, and nowhere else
    Given the files of the development environment
    Then no service but "nginx", "app", "queue", "node" and "db" mounts a folder of the host
