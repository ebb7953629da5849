"""Programs of a cluster's node: what `aws`, `s3-dist-cp` and `spark-submit` mean to a step.

Each runs in a process of its own with the service's Python, started by a small shell file on the node's PATH
(see `node`).
"""
