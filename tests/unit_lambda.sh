#!/usr/bin/env bash
# Runs the unit tests on the Python of the Lambda function, where that is installed.
# usage: unit_lambda.sh VERSION PYTHON [OPTION...]; PYTHON is the command to try first, the options
# are those of pytest. With `--find` before VERSION, it only prints the path of the Python, or nothing
# if it is not installed, or is that of .venv. With `--install`, it only installs what the tests need,
# and compiles it.
set -euo pipefail
cd "$(dirname "$0")/.."
only_find= only_install=
if [[ $1 == --find ]]; then only_find=yes; shift; fi
if [[ $1 == --install ]]; then only_install=yes; shift; fi
version=$1 python=$2 uv=.venv/bin/uv venv=.venv-lambda stamp=.make/lambda

# Prints the path of the interpreter if it runs and has the right version. The command may be a shim
# of pyenv, which runs only a version that is active: PYENV_VERSION activates it.
path_of() {
  PYENV_VERSION=$version "$1" - "$version" 2> /dev/null <<'PY'
import sys
if "%d.%d" % sys.version_info[:2] != sys.argv[1]:
    sys.exit(1)
print(sys.executable)
PY
}

say() {
  [[ $only_find ]] || echo "unit-lambda: $*"
}

if path_of .venv/bin/python > /dev/null; then
  [[ $only_install ]] || say "not needed, since .venv has Python $version itself"
  exit
fi
if ! found=$(path_of "$python") && ! found=$(path_of "$("$uv" python find "$version" 2> /dev/null)"); then
  [[ $only_install ]] || say "NOT RUN: Python $version, which the Lambda function has, was not found" \
    "here; name one: make unit-lambda LAMBDA_PYTHON=..."
  exit
fi
if [[ $only_find ]]; then
  echo "$found"
  exit
fi
if [[ ! -x $venv/bin/python || ! -f $stamp || requirements-dev.txt -nt $stamp ]]; then
  say "installing the locked tools for $found"
  "$uv" venv --quiet --clear --no-python-downloads --python "$found" "$venv"
  VIRTUAL_ENV=$venv "$uv" pip install --quiet --require-hashes -r requirements-dev.txt
  "$venv/bin/python" -m pytest tests/unit --collect-only --quiet > /dev/null || true
  touch "$stamp"
fi
[[ ! $only_install ]] || exit 0
"$venv/bin/python" -m pytest tests/unit "${@:3}"
