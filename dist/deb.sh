#!/usr/bin/env bash
# A Debian package of an unpacked archive: the binary, its pages and completions.
#   dist/deb.sh FOLDER VERSION ARCHITECTURE OUT
# It depends on nothing: the binary is static. `git` is only wanted for --base and shared state.
set -euo pipefail
from=$1 version=$2 architecture=$3 out=$4

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 022
root=$work/root
install -D -m 755 "$from/cxform" "$root/usr/bin/cxform"
install -D -m 644 "$from/README.md" "$root/usr/share/doc/cxform/README.md"
install -D -m 644 --target-directory "$root/usr/share/man/man1" "$from"/man/*.1
gzip --no-name --best "$root"/usr/share/man/man1/*.1
install -D -m 644 "$from/completions/cxform.bash" "$root/usr/share/bash-completion/completions/cxform"
install -D -m 644 "$from/completions/_cxform" "$root/usr/share/zsh/vendor-completions/_cxform"
install -D -m 644 "$from/completions/cxform.fish" "$root/usr/share/fish/vendor_completions.d/cxform.fish"
cat >"$root/usr/share/doc/cxform/copyright" <<'END'
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: cxform

Files: *
Copyright: the authors of cxform
License: MIT or Apache-2.0
END
mkdir "$root/DEBIAN"
cat >"$root/DEBIAN/control" <<END
Package: cxform
Version: $version
Architecture: $architecture
Maintainer: the authors of cxform <cxform@localhost>
Installed-Size: $(du --summarize --block-size=1024 --apparent-size "$root" | cut -f 1)
Section: admin
Priority: optional
Recommends: git
Suggests: ca-certificates
Description: queues and agent-skill matrices of NICE CXone, as code
 cxform compares YAML manifests with a contact centre's tenant, shows what
 would change and why, and applies exactly that.
END
(cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
# SOURCE_DATE_EPOCH clamps the times that dpkg-deb writes.
find "$root" -exec touch --no-dereference --date="@${SOURCE_DATE_EPOCH:-0}" {} +
dpkg-deb --root-owner-group --build -Zgzip "$root" "$out/cxform_${version}_${architecture}.deb" >/dev/null
