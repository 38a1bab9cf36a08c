#!/usr/bin/env bash
# Makes sure of what the tests need beside Python packages: installs it as root where apt-get is
# there, else names what is missing (those tests are then skipped; with CI set nothing may be).
set -euo pipefail

missing=()
command -v chromium >/dev/null || missing+=(chromium)
command -v git >/dev/null || missing+=(git)
command -v curl >/dev/null || missing+=(curl)
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing ${missing[*]} ..."
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  exit 0
fi
echo "Missing: ${missing[*]}. The tests that need it are skipped; install your system's package."
[ -z "${CI:-}" ]
