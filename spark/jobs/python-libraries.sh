#!/bin/bash
# Bootstrap action, run on every node of the cluster: installs the Python libraries that the jobs need, from the
# wheels beside the jobs. No package index is asked, and pip takes only files whose hashes are in the lock.
#
# Argument 1: where the jobs are, s3://BUCKET/scripts. There, wheels/ holds the wheels and requirements.txt.
set -euo pipefail

if [[ $# -ne 1 ]]; then
    echo "usage: python-libraries.sh s3://BUCKET/scripts" >&2
    exit 2
fi
wheels="${1%/}/wheels/"

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

echo "python-libraries: copying $wheels"
aws s3 cp --recursive --only-show-errors "$wheels" "$dir"
if [[ ! -f "$dir/requirements.txt" ]]; then
    echo "python-libraries: there is no requirements.txt in $wheels" >&2
    exit 1
fi

echo "python-libraries: installing"
# --no-deps: the lock names everything, and hashes would reject anything else.
sudo python3.11 -m pip install --no-index --find-links "$dir" --no-deps --require-hashes -r "$dir/requirements.txt"
echo "python-libraries: done"
