Feature: Security policy
  What no service may do, in development as in production; with the mail catcher and without.
  What production demands beyond it stands in production/hardening.feature.

  Scenario Outline: No service owns the host: <environment>
    Given the files of the <environment> environment
    Then no service breaks the policy "privileged-container"
    And no "services.*.volumes.*.source" is "/var/run/docker.sock"
    And no "services.*.network_mode" is set
    And no "services.*.pid" is set
    And no "services.*.ipc" is set
    And no "services.*.devices" is set

    Examples:
      | environment      |
      | development      |
      | with-mail        |
      | whole-production |

  Scenario Outline: No service is given more rights than the engine gives by default: <environment>
    Given the files of the <environment> environment
    Then no "services.*.cap_add" is set
    And no "services.*.security_opt" is set
    And no "services.*.user" is "root"

    Examples:
      | environment |
      | development |
      | with-mail   |

  Scenario Outline: Folders of the host are mounted where development needs them: <environment>
    Given the files of the <environment> environment
    Then no service but "nginx", "app", "queue", "node" and "db" mounts a folder of the host
    And every service is attached to network "primehub-network" and to no other

    Examples:
      | environment |
      | development |
      | with-mail   |
