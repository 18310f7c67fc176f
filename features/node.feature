Feature: Node
  Vite's tools and the npm dependencies.

  @NODE-1
  Scenario: Node 20 on the project's own files
    Given the running development environment
    Then command "node --version" in "node" prints "v20."
    And service "node" mounts "./" at "/var/www"

  @NODE-3
  Scenario: Production assets are built with a manifest and hashed names
    Given the running development environment
    Then command "node node_modules/vite/bin/vite.js build --configLoader runner --outDir /tmp/assets --emptyOutDir" in "node" succeeds
    And command "cat /tmp/assets/manifest.json" in "node" prints "resources/js/app.js"
    And command "ls /tmp/assets/assets | grep -E '^app-[A-Za-z0-9_-]{8}[.]js$'" in "node" prints "app-"
    And command "ls /tmp/assets/assets | grep -E '^app-[A-Za-z0-9_-]{8}[.]css$'" in "node" prints "app-"

  @NODE-4
  Scenario: Dependencies are installed as locked
    Given the running development environment
    Then command "npm ls --all" in "node" succeeds
    And command "npm ci --dry-run --offline --ignore-scripts" in "node" succeeds
    And command "npm ci --dry-run --offline --ignore-scripts | grep -E '^(change|remove) '" in "node" fails

  @NODE-1
  Scenario: What node is told to run
    Given the files of the development environment
    Then service "node" runs the command "node node_modules/vite/bin/vite.js --configLoader runner"
    And "services.node.working_dir" is "/var/www"
    And "services.node.init" is true

  @NODE-4
  Scenario: Every dependency is locked
    Given the files of the development environment
    Then file "package-lock.json" locks every dependency of "package.json"
