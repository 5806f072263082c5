#!/usr/bin/env bash
# Stands in for Azure's threads of a pull request, in the folder $CI_STORE; all else is curl's own.
set -euo pipefail
method=GET url=''
for word in "$@"; do case $word in https://azure.invalid/*) url=${word%%\?*} ;; POST | PATCH) method=$word ;; esac; done
[ -n "$url" ] || exec "$CURL" "$@"
[[ " $* " == *" Authorization: Bearer t0ken "* ]] || { echo "curl: (22) 401" >&2; exit 22; }
file=$CI_STORE/threads.json
[ -f "$file" ] || echo '{"value": []}' >"$file"
case $method in
  GET) cat "$file"; exit ;;
  POST) jq --argjson new "$(cat)" '.value += [$new + {id: (.value | length + 1)}]' "$file" >"$file.new" ;;
  PATCH)
    id=${url#*/threads/}
    jq --argjson new "$(cat)" --argjson id "${id%%/*}" \
      '.value |= map(if .id == $id then .comments[0] += $new else . end)' "$file" >"$file.new" ;;
esac
mv "$file.new" "$file"
