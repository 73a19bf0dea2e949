# shellcheck shell=bash
# Sourced by tools/quickstart and tools/check: what tools/packages.txt lists, and installing it.

# packages_in SECTION...: the names listed there, one a line.
packages_in() {
  local section
  for section in "$@"; do
    awk -v want="[$section]" '/^\[/ { on = ($1 == want); next } on && NF && !/^#/ { print $1 }' \
      tools/packages.txt
  done
}

# missing_packages SECTION...: those of them that are not installed.
missing_packages() {
  local name
  for name in $(packages_in "$@"); do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || echo "$name"
  done
}

# ensure_packages LOG SECTION...: installs what is missing when we are root; otherwise says what to
# type and ends the program.
ensure_packages() {
  local log=$1 missing
  shift
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    echo "This is not Debian or a relative of it: packages are not looked at. See tools/packages.txt." >&2
    return
  fi
  missing=$(missing_packages "$@" | tr '\n' ' ')
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" -ne 0 ]; then
    {
      echo "Some packages are missing, and only root can install them. Please run:"
      echo
      echo "  sudo apt-get update"
      echo "  sudo apt-get install --no-install-recommends $missing"
      echo
      echo "and start this again, or give --no-install to try with what is there."
    } >&2
    exit 69
  fi
  echo "installing: $missing"
  # shellcheck disable=SC2086  # a list of names
  if ! { apt-get update &&
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing; } \
    </dev/null >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "apt-get could not install them; the whole output is in $log." >&2
    exit 69
  fi
}
