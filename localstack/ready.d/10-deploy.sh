#!/bin/sh
# Deploys the local profile: LocalStack's ready hook at every start, `make deploy` at any time.
# Prints what changed; if something is wrong, one line and exit code 2.
set -eu
export AWS_ENDPOINT_URL="${AWS_ENDPOINT_URL:-http://127.0.0.1:4566}"
# LocalStack asks for some credentials, and takes any
export AWS_ACCESS_KEY_ID="${AWS_ACCESS_KEY_ID:-local}" AWS_SECRET_ACCESS_KEY="${AWS_SECRET_ACCESS_KEY:-local}"
export AWS_DEFAULT_REGION="${AWS_DEFAULT_REGION:-eu-west-2}"
export PYTHONUNBUFFERED=1
cd "${TUBEPULSE:-/opt/tubepulse}"
exec "${DEPLOY_PYTHON:-/opt/deploy/bin/python}" -m aws.deploy local \
    --wheels-for containers --wheels /opt/wheels
