"""Programs of a cluster's node: what `aws`, `hadoop`, `hdfs`, `s3-dist-cp`, `spark-submit` mean to a step.

`script_runner` stands for script-runner.jar. Each runs in a process of its own with the service's Python,
started by a small shell file on the node's PATH (see `programs`).
"""
