Feature: Topology
  Six services, each in a container of its own, on one network.

  @TOPO-1
  Scenario: The documented services run, and no other
    Given the development environment
    Then exactly these services run:
      | service |
      | nginx   |
      | app     |
      | node    |
      | db      |
      | redis   |
      | queue   |
    And every service is attached to network "primehub-network" and to no other

  @QUE-1
  Scenario: The worker is the application's image with another command
    Given the development environment
    Then services "app" and "queue" run the same image
    And service "queue" runs the command "php artisan queue:work --tries=3"
