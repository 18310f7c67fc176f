Feature: Host exposure

  Rule: Development publishes what a developer uses, and nothing else

    @HOST-1
    Scenario: Published ports
      Given the development environment
      Then exactly these ports are published:
        | service | port | host port | host address |
        | nginx   | 80   | 80        | any          |
        | db      | 3306 | 3306      | loopback     |
        | redis   | 6379 | 6379      | loopback     |
        | node    | 5173 | 5173      | loopback     |

    @HOST-1
    Scenario: The application and its worker are reached through the web server only
      Given the development environment
      Then no service but "nginx", "db", "redis" and "node" publishes a port

    @HOST-2
    Scenario: The stores are reached from this machine only
      Given the development environment
      Then service "db" is published on the loopback interface only
      And service "redis" is published on the loopback interface only

  Rule: Production publishes the web server, and nothing else

    @HOST-3
    Scenario: Published ports of production
      Given the files of the whole-production environment
      Then exactly these ports are published:
        | service | port | host port | host address |
        | nginx   | 80   | 80        | any          |
        | nginx   | 443  | 443       | any          |
