Feature: Isolation in production
  Who reaches whom, and who reaches the world.

  Scenario Outline: The documented connections in production: <from> to <to>
    Given the running production environment
    Then service "<from>" reaches "<to>" on port <port>

    @NET-1 @DB-1
    Examples:
      | from | to | port |
      | app  | db | 3306 |

    @NET-2 @RED-1
    Examples:
      | from | to    | port |
      | app  | redis | 6379 |

    @NET-3
    Examples:
      | from  | to | port |
      | queue | db | 3306 |

    @NET-4
    Examples:
      | from  | to    | port |
      | queue | redis | 6379 |

    @NET-5
    Examples:
      | from  | to  | port |
      | nginx | app | 9000 |

  @NET-7
  Scenario: Nothing else reaches anything
    Given the running production environment
    Then exactly these connections are possible:
      | from   | to    | port | reason                                               |
      | nginx  | app   | 9000 | requests are handed to PHP                           |
      | app    | db    | 3306 | the application's data                               |
      | app    | redis | 6379 | cache, sessions, jobs                                |
      | queue  | db    | 3306 | what comes of a job                                  |
      | queue  | redis | 6379 | jobs wait there                                      |
      | backup | db    | 3306 | it dumps the database                                |
      | app    | nginx | 80   | they share a network, and this port is open to all   |
      | app    | nginx | 443  | they share a network, and this port is open to all   |

  @HOST-3 @SEC-9
  Scenario: The host opens 80 and 443 for the stack, and nothing else
    Given the production environment
    Then no host port but 80 and 443 is open because of the stack
    And no service but "nginx" publishes a port

  @SEC-1
  Scenario: Only the web server has a way out
    Given the production environment
    Then no service has a way out of the stack, except:
      | service | reason                                      |
      | nginx   | visitors come to it from outside the stack |

  @APP-1
  Scenario: PHP-FPM is reached from inside only, in production
    Given the running production environment
    Then command "php --version" in "app" prints "PHP 8.2"
    And port 9000 of "app" is reached from inside the network only

  @NET-7 @SEC-1 @APP-1
  Scenario: Who is on which network
    Given the files of the whole-production environment
    Then exactly these networks are declared:
      | network  | way out |
      | edge     | yes     |
      | front    | no      |
      | database | no      |
      | cache    | no      |
    And services "nginx" and no other are attached to network "edge"
    And services "nginx" and "app" and no other are attached to network "front"
    And services "app", "queue", "db", "db-replica", "backup" and "restore" and no other are attached to network "database"
    And services "app", "queue" and "redis" and no other are attached to network "cache"
    And exactly these values of "services.*.networks.*.aliases" are set:
      | service | network | value |
      | app     | front   | fpm   |
