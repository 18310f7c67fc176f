# shellcheck shell=bash
# What the scripts and docker/airgap/build share.

say() { printf '%s\n' "$*"; }

die() {
  printf 'error: %s\n' "$1" >&2
  exit "${2:-1}"
}

have() { command -v "$1" >/dev/null 2>&1; }

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif have sudo; then
    sudo "$@"
  else
    die "not root, and sudo is missing: cannot run: $*"
  fi
}

# The mirror this machine already installs from, so that no host name is written down here.
# apt itself reads its sources, in both of their forms.
debian_mirror() {
  local codename uri
  codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
  uri=$(apt-get indextargets --format "\$(RELEASE) \$(COMPONENT) \$(REPO_URI)" 'Created-By: Packages' |
    awk -v c="$codename" '$1 == c && $2 == "main" && !seen { print $3; seen = 1 }')
  [ -n "$uri" ] || die "apt has no source for Debian $codename main" 3
  printf '%s\n' "${uri%/}"
}

registry_answers() { timeout 10 docker manifest inspect nginx:alpine >/dev/null 2>&1; }
