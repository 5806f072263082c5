#!/usr/bin/env bash
# Builds the static binary of a target and packs what is released of it into dist/out/: an archive, an
# SBOM, a Debian package, checksums.   dist/build.sh [TARGET]
# CXFORM_BINARY=FILE packs a binary that is there already. CXFORM_RUN="qemu-aarch64-static" says how
# to run one that is not for this machine; where neither is so, the pages are made by one that is.
set -euo pipefail
cd "$(dirname "$0")/.."

target=${1:-x86_64-unknown-linux-musl}
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
# The same commit gives the same archives: no clock, no user, no order of a disk in them.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH TZ=UTC LC_ALL=C
umask 022

case $target in
  x86_64-unknown-linux-musl) compiler=musl-gcc deb=amd64 ;;
  # Rust links it itself (rust-lld and its own musl); only ring's C files need a compiler, and they
  # use no C library.
  aarch64-unknown-linux-musl)
    compiler=aarch64-linux-gnu-gcc deb=arm64
    export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER=rust-lld
    ;;
  *) echo "dist/build.sh: no target $target" >&2; exit 64 ;;
esac

binary=${CXFORM_BINARY:-}
if [ -z "$binary" ]; then
  command -v "$compiler" >/dev/null || {
    echo "dist/build.sh: needs $compiler: apt-get install musl-tools gcc-aarch64-linux-gnu" >&2
    exit 1
  }
  rustup target add "$target"
  export "CC_${target//-/_}=$compiler"
  # Paths of this machine stay out of the binary.
  export RUSTFLAGS="${RUSTFLAGS:-} --remap-path-prefix=$PWD=/cxform --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
  cargo build --locked --profile dist --target "$target"
  binary=${CARGO_TARGET_DIR:-target}/$target/dist/cxform
fi
# It must hold by itself: a program that asks for an interpreter would not start in an empty root.
if readelf --program-headers "$binary" | grep -q INTERP; then
  echo "dist/build.sh: $binary is not static" >&2
  exit 1
fi

# Pages and completions are the same for every target.
run=("$binary")
[ -z "${CXFORM_RUN:-}" ] || run=("$CXFORM_RUN" "$binary")
if ! "${run[@]}" version >/dev/null 2>&1; then
  run=(dist/out/cxform-host)
  [ -x "${run[0]}" ] || {
    echo "dist/build.sh: $binary does not run here; build this machine's own target first" >&2
    exit 1
  }
fi

name=cxform-$version-$target
out=$PWD/dist/out
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out" "$work/$name"
install -m 755 "$binary" "$work/$name/cxform"
install -m 644 README.md "$work/$name/"
for file in LICENSE*; do [ ! -e "$file" ] || install -m 644 "$file" "$work/$name/"; done
"${run[@]}" man --out "$work/$name/man" 2>/dev/null
mkdir "$work/$name/completions"
"${run[@]}" completions bash >"$work/$name/completions/cxform.bash"
"${run[@]}" completions zsh >"$work/$name/completions/_cxform"
"${run[@]}" completions fish >"$work/$name/completions/cxform.fish"
[ "${run[0]}" != "$binary" ] || install -m 755 "$binary" "$out/cxform-host"

tar --directory "$work" --create --format=ustar --sort=name --mtime="@$SOURCE_DATE_EPOCH" \
  --owner=0 --group=0 --numeric-owner "$name" | gzip --no-name --best >"$out/$name.tar.gz"
# What `dist/Containerfile` copies, by the name that container builders have for the machine.
install -D -m 755 "$binary" "$out/linux/$deb/cxform"

cargo metadata --locked --format-version 1 --filter-platform "$target" |
  python3 dist/sbom.py "$target" >"$out/$name.cdx.json"
dist/deb.sh "$work/$name" "$version" "$deb" "$out"

# Of everything that is there, so that several targets share one list.
(cd "$out" && sha256sum cxform-"$version"-*.tar.gz cxform-"$version"-*.cdx.json cxform_"$version"_*.deb >SHA256SUMS)
cat "$out/SHA256SUMS"
