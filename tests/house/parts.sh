#!/usr/bin/env bash
# Makes sure of what the tests need beside Python packages: installs it as root where apt-get is
# there, else names what is missing (those tests are then skipped; with CI set nothing may be).
set -euo pipefail

provider=oidc-provider@9.13.3
folder=tests/console/oidc

# A real OpenID provider, for the tests of signing in.
provide() {
  [ -d "$folder/node_modules/oidc-provider" ] && return
  if command -v npm >/dev/null; then
    echo "Installing $provider ..."
    npm install --silent --no-save --no-package-lock --no-audit --no-fund --prefix "$folder" "$provider"
    return
  fi
  echo "Missing: npm. The tests that sign in at an OpenID provider are skipped."
  [ -z "${CI:-}" ]
}

missing=()
command -v chromium >/dev/null || missing+=(chromium)
command -v git >/dev/null || missing+=(git)
command -v curl >/dev/null || missing+=(curl)
command -v npm >/dev/null || missing+=(nodejs npm)
if [ ${#missing[@]} = 0 ]; then
  provide
  exit
fi

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing ${missing[*]} ..."
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  provide
  exit
fi
echo "Missing: ${missing[*]}. The tests that need it are skipped; install your system's package."
[ -z "${CI:-}" ]
