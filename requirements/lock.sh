#!/bin/sh
# Resolve every requirements list again. MWAA's versions bind whatever they name; requirements/dev.txt binds the rest.
set -eu
cd "$(dirname "$0")/.."
lock() {
    source=$1; shift
    ${UV:-.venv/uv/bin/uv} pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
        --python-version "${PYTHON_VERSION:-3.11}" --output-file "${source%.in}.txt" "$@" "$source"
}
lock requirements/uv.in
lock requirements/java.in
lock requirements/awscli.in
lock requirements/dev.in --constraints requirements/mwaa-3.3.1.txt
lock spark/jobs/requirements.in --constraints requirements/dev.txt
lock airflow/requirements.in --constraints requirements/mwaa-3.3.1.txt --constraints requirements/dev.txt
lock airflow/image/requirements.in --constraints requirements/mwaa-3.3.1.txt --constraints airflow/requirements.txt
lock aws/requirements.in --constraints requirements/dev.txt
lock spark/requirements.in --constraints requirements/dev.txt
lock spark/requirements-build.in
lock benchmarks/seed/requirements.in
PYTHON_VERSION=3.13 lock wordpress/requirements.in
# LocalStack's last free release, with what was there on its day: a later cbor2 breaks its start
PYTHON_VERSION=3.13 lock localstack/requirements.in --exclude-newer 2026-03-05
