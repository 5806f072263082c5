#!/usr/bin/env bash
# The static binary in a root that holds nothing else, as in the container that dist/Containerfile makes:
# no C library, no zones, no certificates, no /etc/passwd, no HOME, no /tmp.
#   tests/empty-root.sh BINARY        needs root or user namespaces, python3 and openssl
set -euo pipefail
binary=$(realpath "${1:?the static binary}")
cd "$(dirname "$0")/.."

room=$(mktemp -d)
root=$room/root
processes=()
end() {
  [ "${#processes[@]}" = 0 ] || kill "${processes[@]}" 2>/dev/null || true
  rm -rf "$room"
}
trap end EXIT
mkdir -p "$root/work"
cp "$binary" "$root/cxform"
cp -R examples/. "$root/work/"
chmod 755 "$room" "$root"

# As nobody in particular where we are root, as the container does.
chroot=$(command -v chroot)
if [ "$(id -u)" = 0 ]; then
  chown -R 10001:10001 "$root/work"
  enter=("$chroot" --userspec=10001:10001 "$root")
else
  enter=("$(command -v unshare)" --user --map-root-user "$chroot" "$root")
fi
# Starts the program with these variables, NAME=VALUE, and no others, up to `--`; then its arguments.
inside() {
  local variables=()
  while [ "$1" != -- ]; do variables+=("$1"); shift; done
  shift
  env -i "${variables[@]}" "${enter[@]}" /cxform --chdir /work "$@"
}

passed=0 failed=0
# Whether a command ends with this code and says this.
check() {
  local name=$1 code=$2 text=$3 got=0
  shift 3
  "$@" >"$room/told" 2>&1 || got=$?
  if [ "$got" = "$code" ] && grep -q -- "$text" "$room/told"; then
    passed=$((passed + 1))
    echo "ok      $name"
  else
    failed=$((failed + 1))
    echo "FAILED  $name: exit $got, not $code, or it does not say: $text"
    cat "$room/told"
  fi
}
held() { (cd "$root" && shopt -s dotglob && echo *); }
same() { [ -n "$1" ] && [ "$1" = "$2" ] && echo "$1"; }
hash() { sed -n 's/.*"hash":[[:space:]]*"\(sha256:[0-9a-f]*\)".*/\1/p' "$1" | head -n 1; }

check "the root holds the binary and the project only" 0 '^cxform work$' held
check "version" 0 '^cxform [0-9]' inside -- version
check "validate" 0 '' inside -- validate
check "plan" 0 '^Plan: [1-9]' inside -- plan
inside -- plan --format json >"$room/inside.json"
"$binary" --chdir examples --state-dir "$room/outside" plan --format json >"$room/outside.json"
check "the zones are the same as with a system's: $(hash "$room/inside.json")" 0 '^sha256:' \
  same "$(hash "$room/inside.json")" "$(hash "$room/outside.json")"
check "local times of a zone" 0 '2035-03-05T07:00:00-05:00\|2035-03-05T12:00:00' cat "$room/inside.json"
check "apply" 0 '^Apply complete!' inside -- apply --auto-approve --allow-delete
check "nothing is left to do" 0 '^No changes' inside -- plan --detailed-exitcode
check "audit verify" 0 '' inside -- audit verify

# An authority that nobody knows, and a server of it before the simulated tenant.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority \
  -addext basicConstraints=critical,CA:TRUE -keyout "$room/authority.key" -out "$room/authority.pem" 2>/dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=server \
  -keyout "$room/server.key" -out "$room/server.csr" 2>/dev/null
echo 'subjectAltName=IP:127.0.0.1' >"$room/server.ext"
openssl x509 -req -days 2 -in "$room/server.csr" -CA "$room/authority.pem" -CAkey "$room/authority.key" \
  -CAcreateserial -extfile "$room/server.ext" -out "$room/server.pem" 2>/dev/null
install -m 644 "$room/authority.pem" "$root/work/authority.pem"
touch "$root/work/nothing.pem"

free() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
plain=$(free) secure=$(free)
# Not through `inside`: what is started in the background is to be the process that is ended.
env -i "${enter[@]}" /cxform --chdir /work sim serve tenant.yaml --port "$plain" >/dev/null 2>&1 &
processes+=($!)
python3 - "$secure" "$plain" "$room/server.pem" "$room/server.key" <<'END' &
import socket, ssl, sys, threading
secure, plain, certificate, key = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
def pump(a, b):
    try:
        while data := a.recv(65536):
            b.sendall(data)
    except OSError:
        pass
    finally:
        for end in (a, b):
            try: end.shutdown(socket.SHUT_RDWR)
            except OSError: pass
def serve(raw):
    try:
        front = context.wrap_socket(raw, server_side=True)
    except OSError:
        return  # who does not trust us
    back = socket.create_connection(("127.0.0.1", plain))
    threading.Thread(target=pump, args=(back, front), daemon=True).start()
    pump(front, back)
listener = socket.create_server(("127.0.0.1", secure))
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
END
processes+=($!)
python3 - "$plain" "$secure" <<'END'
import socket, sys, time
for port in map(int, sys.argv[1:]):
    for _ in range(100):
        try: socket.create_connection(("127.0.0.1", port)).close(); break
        except OSError: time.sleep(0.1)
    else: sys.exit(f"nobody listens on {port}")
END

mkdir "$root/work/tls"
printf 'apiVersion: cxform/v1\nkind: Project\nmanifests: [../desired-state]\nstate: { dir: /work/state }\n' >"$root/work/tls/cxform.yaml"
tls=("CXONE_BASE_URL=https://127.0.0.1:$secure" CXONE_CLIENT_ID=id CXONE_CLIENT_SECRET=secret)
project=(--config /work/tls/cxform.yaml)
check "the bundled authorities are there" 1 'TLS trusts 1[0-9][0-9] authorities of the bundled Mozilla list' \
  inside "${tls[@]}" -- doctor "${project[@]}"
check "an authority that nobody knows is refused" 1 'certificate' inside "${tls[@]}" -- plan "${project[@]}"
check "SSL_CERT_FILE wins: one authority" 0 'TLS trusts 1 authority named by SSL_CERT_FILE' \
  inside "${tls[@]}" SSL_CERT_FILE=/work/authority.pem -- doctor "${project[@]}"
check "a plan over TLS" 0 '^Plan: [1-9]' \
  inside "${tls[@]}" SSL_CERT_FILE=/work/authority.pem -- plan "${project[@]}"
check "an apply over TLS" 0 '^Apply complete!' \
  inside "${tls[@]}" SSL_CERT_FILE=/work/authority.pem -- apply --auto-approve "${project[@]}"
check "SSL_CERT_FILE without a certificate trusts nobody" 1 'no certificate can be read there' \
  inside "${tls[@]}" SSL_CERT_FILE=/work/nothing.pem -- plan "${project[@]}"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
