#!/bin/sh
# Would MWAA 3.3.1 install airflow/requirements.txt, and would the DAGs import there? Its Python is 3.12, and it holds
# every package to Airflow's published versions; what goes wrong there shows as broken DAGs, after the upload.
#   1. resolves our requirements for that Python and Linux, together with MWAA's image and under MWAA's versions
#   2. makes sure that MWAA's versions cover all of it but what we add
#   3. where a Python 3.12 is found (PYTHON312 may name one): installs the result, and imports the DAGs
# Exit code 0: as far as could be checked, yes. 1: no, and why.
set -eu
export LC_ALL=C
cd "$(dirname "$0")/.."
uv=${UV:-.venv/uv/bin/uv}
versions=requirements/mwaa-3.3.1.txt ours=airflow/requirements.txt image=airflow/image/requirements.in
work=build/check-requirements
mkdir -p "$work"

fail() { echo "make check-requirements: $*" >&2; exit 1; }
# name==version of every pinned line, names in their normal form
pins() { sed -n 's/^\([A-Za-z0-9._-]*\)\(\[[^]]*\]\)\{0,1\}==\([^ ;]*\).*/\1 \3/p' "$1" | awk '{
    name = tolower($1); gsub(/[._-]+/, "-", name); print name "==" $2 }' | sort -u; }

echo "resolving $ours for Python 3.12 under MWAA 3.3.1's versions"
"$uv" pip compile --quiet --no-header --no-annotate --no-emit-index-url --only-binary :all: --python-version 3.12 \
    --python-platform x86_64-manylinux_2_34 --constraints "$versions" --output-file "$work/resolved.txt" \
    "$ours" "$image" >"$work/resolve.log" 2>&1 \
    || { cat "$work/resolve.log" >&2; fail "$ours does not agree with $versions"; }

pins "$work/resolved.txt" >"$work/resolved"
pins "$versions" >"$work/fixed"
pins "$ours" >"$work/ours"
comm -23 "$work/resolved" "$work/fixed" >"$work/free"  # not fixed by MWAA, as far as our copy of its list says
missing=$(comm -23 "$work/free" "$work/ours" | grep -v -x -E 'apache-airflow(-core|-task-sdk)?==.*' | tr '\n' ' ' || true)
[ -z "$missing" ] || fail "$versions lacks what MWAA's list says of $missing"
echo "$(wc -l <"$work/resolved") packages agree; MWAA leaves to us: $(comm -12 "$work/free" "$work/ours" | tr '\n' ' ')"

python=
for candidate in "${PYTHON312:-}" python3.12 "$HOME"/.pyenv/versions/3.12*/bin/python \
    "$("$uv" python find --no-python-downloads 3.12 2>/dev/null || true)"; do
    [ -n "$candidate" ] || continue
    # Shims and links to versions that are not there are common
    if "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 12))' 2>/dev/null </dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "not checked: installing it and importing the DAGs, as no Python 3.12 was found (PYTHON312 may name one)"
    exit 0
fi

echo "installing it for $("$python" --version)"
"$uv" venv --quiet --clear --python "$python" "$work/venv"
"$uv" pip install --quiet --python "$work/venv" --constraints "$versions" --constraints "$work/resolved.txt" \
    --requirement "$ours" --requirement "$image" >"$work/install.log" 2>&1 \
    || { cat "$work/install.log" >&2; fail "$ours cannot be installed"; }

echo "importing the DAGs"
AIRFLOW_HOME=$PWD/$work/airflow AIRFLOW__CORE__LOAD_EXAMPLES=False "$work/venv/bin/python" - <<'PYTHON' \
    >"$work/import.log" 2>&1 || { cat "$work/import.log" >&2; fail "the DAGs do not import"; }
import sys
from pathlib import Path

from airflow.dag_processing.dagbag import BundleDagBag

dags = Path("airflow/dags").resolve()
bag = BundleDagBag(dag_folder=dags, bundle_path=dags, bundle_name="dags-folder")
for path, error in bag.import_errors.items():
    print(path, error, sep="\n")
sys.exit(bool(bag.import_errors) or not bag.dags)
PYTHON
echo "MWAA 3.3.1 can install $ours, and the DAGs import"
