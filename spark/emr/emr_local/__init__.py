"""An EMR endpoint that really runs steps: clusters are folders, steps are processes of this machine.

`python -m emr_local` serves the EMR API to any AWS client. From the wire to the process:

`api` (JSON 1.1, WSGI, checks, answers) -> `calls` (one function an operation) -> `state` (a pure state
machine, and the store that keeps it in SQLite) -> `steps` (one worker a cluster, one process a step, its
logs) -> `nodes` (a cluster's folder and configuration) with `tools` (what `aws`, `hadoop`, `s3-dist-cp` and
`spark-submit` mean there) and `webhdfs` (s3:// for Spark). `web` shows the same state to a person.
"""
