#!/usr/bin/env bash
# Stands in for what GitLab and Azure DevOps answer, in the folder $CI_STORE; all else is curl's own.
set -euo pipefail
words=("$@") method=GET url='' headers='' data=()
while [ $# -gt 0 ]; do
  case $1 in
    --request) method=$2; shift ;;
    --header) case $2 in @*) headers+=$(cat "${2#@}")$'\n' ;; *) headers+=$2$'\n' ;; esac; shift ;;
    --data | --data-urlencode) data+=("$2"); shift ;;
    https://*.invalid/*) url=$1 ;;
  esac
  shift
done
[ -n "$url" ] || exec "$CURL" "${words[@]}"
refuse() { echo "curl: (22) $1: $method $url" >&2; exit 22; }
has() { grep -qxF -- "$1" <<<"$headers"; }
# The table of a file, and its change: a program of jq, and its arguments.
table() { file=$CI_STORE/$1.json; [ -f "$file" ] || echo '[]' >"$file"; }
change() { jq "$@" "$file" >"$file.new" && mv "$file.new" "$file"; }
asked() { sed -n "s/.*[?&]$1=\([^&]*\).*/\1/p" <<<"$url"; }
path=${url%%\?*} id=''
case $path in */*[0-9]) id=${path##*/} ;; esac

gitlab() {
  has "PRIVATE-TOKEN: n0te" || refuse 401
  fields='{}'
  for word in "${data[@]}"; do
    key=${word%%[=@]*}
    case ${word#"$key"} in @*) value=$(cat "${word#*@}") ;; *) value=${word#*=} ;; esac
    fields=$(jq --arg key "$key" --arg value "$value" '.[$key] = $value' <<<"$fields")
  done
  case $method:$path in
    GET:*/user) echo '{"id": 7}' ;;
    GET:*/merge_requests/5/notes)
      table notes
      jq --argjson page "$(asked page)" --argjson size "$(asked per_page)" '.[($page - 1) * $size : $page * $size]' "$file" ;;
    POST:*/merge_requests/5/notes) table notes; change --argjson new "$fields" '. + [$new + {id: (length + 1), author: {id: 7}}]' ;;
    PUT:*/merge_requests/5/notes/*)
      table notes
      jq -e --argjson id "$id" '.[] | select(.id == $id) | .author.id == 7' "$file" >/dev/null || refuse 403
      change --argjson new "$fields" --argjson id "$id" 'map(if .id == $id then . + $new else . end)' ;;
    GET:*/projects/1/issues)
      table issues
      [ "$(asked scope)" = created_by_me ] || refuse "whose issues?"
      jq --arg state "$(asked state)" 'map(select(.author.id == 7 and .state == $state))' "$file" ;;
    POST:*/projects/1/issues) table issues; change --argjson new "$fields" '. + [$new + {iid: (length + 1), state: "opened", author: {id: 7}}]' ;;
    PUT:*/projects/1/issues/*)
      table issues
      change --argjson new "$fields" --argjson id "$id" \
        'map(if .iid == $id then . + ($new | del(.state_event)) + (if $new.state_event == "close" then {state: "closed"} else {} end) else . end)' ;;
    *) refuse 404 ;;
  esac
}

azure() {
  has "Authorization: Bearer t0ken" || refuse 401
  body=null
  [ "${data[*]}" != @- ] || body=$(cat)
  type=application/json
  case $path in */_apis/wit/workitems/*) type=application/json-patch+json ;; esac
  [ "$method" = GET ] || has "Content-Type: $type" || refuse 415
  case $method:$path in
    GET:*/_apis/connectionData) echo '{"authenticatedUser": {"id": "us"}}' ;;
    GET:*/pullRequests/7/threads) table threads; jq '{value: .}' "$file" ;;
    POST:*/pullRequests/7/threads)
      table threads
      change --argjson new "$body" '. + [$new + {id: (length + 1)} | .comments[0].author = {id: "us"}]' ;;
    PATCH:*/pullRequests/7/threads/*/comments/1)
      table threads
      id=${path#*/threads/}
      change --argjson new "$body" --argjson id "${id%%/*}" 'map(if .id == $id then .comments[0] += $new else . end)' ;;
    POST:*/_apis/wit/wiql)
      table items
      query=$(jq -r .query <<<"$body")
      said() { sed -n "s/.*$1 '\([^']*\)'.*/\1/p" <<<"$query"; }
      jq --arg type "$(said '\[System.WorkItemType\] =')" --arg state "$(said '\[System.State\] <>')" --arg title "$(said '\[System.Title\] CONTAINS')" \
        '{workItems: map(select(.type == $type and .fields["System.State"] != $state and (.fields["System.Title"] | contains($title))) | {id})}' "$file" ;;
    POST:*/_apis/wit/workitems/\$* | PATCH:*/_apis/wit/workitems/*)
      table items
      if [ "$method" = POST ]; then
        change --arg type "${path##*\$}" '. + [{id: (length + 1), type: $type, fields: {"System.State": "To Do"}}]'
        id=$(jq length "$file")
      fi
      change --argjson ops "$body" --argjson id "$id" \
        'map(if .id == $id then reduce $ops[] as $op (.; setpath($op.path | split("/")[1:]; $op.value)) else . end)' ;;
    *) refuse 404 ;;
  esac
}

echo "$method $path" >>"$CI_STORE/asked"
case $url in
  https://gitlab.invalid/*) gitlab ;;
  https://azure.invalid/*) azure ;;
esac
