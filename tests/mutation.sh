#!/usr/bin/env bash
# Flips the core's comparisons one by one, in a copy of the checkout, and sees whether the unit tests notice.
# usage: mutation.sh COPY MUTMUT; the survivors are in COPY/results.txt
set -euo pipefail
main=$(cd "$(dirname "$0")/.." && pwd) copy=$1 mutmut=$2
rm -rf "$copy" && mkdir -p "$copy/src"
copy=$(cd "$copy" && pwd)
cp -r "$main/functions/key_rotation" "$copy/src/"
cp -r "$main/tests" "$main/pyproject.toml" "$copy/"
cd "$copy"
rm -rf tests/aws tests/fuzz tests/infra tests/local tests/repository tests/simulation
find . -name __pycache__ -prune -exec rm -rf {} +
sed -i.before 's#^pythonpath = .*#pythonpath = [".", "src"]#' pyproject.toml # mutmut knows src/, not functions/
cat >> pyproject.toml <<'TOML'

[tool.mutmut]
source_paths = ["src"]
only_mutate = [
    "src/key_rotation/domain/calendar.py",
    "src/key_rotation/domain/decide.py",
    "src/key_rotation/domain/transitions.py",
    "src/key_rotation/domain/plan.py",
    "src/key_rotation/domain/promised_days.py",
    "src/key_rotation/domain/reported_days.py",
    "src/key_rotation/domain/restored_ledger.py",
    "src/key_rotation/domain/step.py",
    "src/key_rotation/domain/suspension.py",
    "src/key_rotation/domain/exemption_changes.py",
    "src/key_rotation/domain/exemption_ends.py",
    "src/key_rotation/domain/exemption_index.py",
    "src/key_rotation/domain/exemptions.py",
    "src/key_rotation/domain/settings.py",
    "src/key_rotation/domain/selection.py",
    "src/key_rotation/domain/run_part.py",
    "src/key_rotation/reporting/paging.py",
]
also_copy = ["src", "tests", "pyproject.toml"]
pytest_add_cli_args_test_selection = ["tests/unit"]
pytest_add_cli_args = [
    "-p", "no:hypothesispytest",
    "--ignore-glob=*digest*",
    "--ignore=tests/unit/test_architecture.py",
]
TOML
"$mutmut" run --max-children 2 | tail -n 1
"$mutmut" results | tee results.txt
