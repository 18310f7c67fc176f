Feature: Network
  Who reaches whom, measured from inside the containers.

  Scenario Outline: The documented connections: <from> to <to>
    Given the running development environment
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

    @NET-6 @NODE-1
    Examples:
      | from  | to   | port |
      | nginx | node | 5173 |

  Scenario: A port on which nothing listens is not reached
    Given the running development environment
    Then service "app" does not reach "db" on port 3307
