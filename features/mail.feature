Feature: The mail catcher
  In a profile of its own, for jobs that send mail.

  @QUE-4
  Scenario: What the mail catcher is
    Given the files of the with-mail environment
    Then service "mail" runs image "maildev/maildev:2.2.1"
    And service "mail" has 1 replica
    And exactly these images are built:
      | service | image            | context | Dockerfile            | target |
      | app     | primehub-app:dev | ./      | docker/php/Dockerfile | dev    |
    And no "services.mail.environment" is set
    And no "services.mail.command" is set
    And no "services.mail.entrypoint" is set
    And no "services.mail.depends_on" is set

  @QUE-4
  Scenario: The mail catcher keeps nothing, and is on no port of the host
    Given the files of the with-mail environment
    Then no service but "nginx", "db", "redis" and "node" publishes a port
    And no "services.mail.volumes" is set
    And no "services.mail.tmpfs" is set

  @MON-5
  Scenario: The mail catcher is asked whether it is well
    Given the files of the with-mail environment
    Then the health check of "mail" runs "wget -q -O /dev/null http://127.0.0.1:1080/healthz"
    And every "services.*.healthcheck.interval" is at most 10 seconds
    And every "services.*.healthcheck.timeout" is at most 3 seconds
    And every "services.*.healthcheck.retries" is at most 3
