#!/usr/bin/env bash
# Installs a released binary where a GitHub workflow asks for it (action.yml); needs no token.
# From the environment: VERSION, SHA256 (or empty), SERVER, REPOSITORY; RUNNER_TEMP, GITHUB_PATH and
# GITHUB_OUTPUT as a runner sets them.
set -euo pipefail
fail() { echo "::error::$1"; exit 1; }

[[ $VERSION =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]] || fail "version: a release like 0.1.0, without a v"
[[ -z ${SHA256:-} || $SHA256 =~ ^[0-9a-f]{64}$ ]] || fail "sha256: 64 hexadecimal digits in lower case"
case "$(uname -s)/$(uname -m)" in
  Linux/x86_64) target=x86_64-unknown-linux-musl ;;
  Linux/aarch64 | Linux/arm64) target=aarch64-unknown-linux-musl ;;
  *) fail "there is no release for $(uname -s) on $(uname -m); use cargo install" ;;
esac

name=cxform-$VERSION-$target
from=$SERVER/$REPOSITORY/releases/download/v$VERSION
work=$(mktemp -d "$RUNNER_TEMP/cxform-XXXXXX")
get() { curl --fail --silent --show-error --location --retry 3 --output "$work/$1" "$from/$1" || fail "$from/$1 cannot be fetched"; }
get "$name.tar.gz"
if [ -z "${SHA256:-}" ]; then
  get SHA256SUMS
  SHA256=$(awk -v name="$name.tar.gz" '$2 == name { print $1 }' "$work/SHA256SUMS")
  [ -n "$SHA256" ] || fail "SHA256SUMS of $VERSION does not name $name.tar.gz"
fi
echo "$SHA256  $work/$name.tar.gz" | sha256sum --check --status || fail "$name.tar.gz is not what its checksum says"
tar --extract --gzip --file "$work/$name.tar.gz" --directory "$work" --no-same-owner
"$work/$name/cxform" version
echo "$work/$name" >>"$GITHUB_PATH"
echo "path=$work/$name" >>"$GITHUB_OUTPUT"
