"""An EMR endpoint that really runs steps: clusters are folders, steps are processes of this machine.

`python -m emr_local` serves the EMR API to any AWS client. From the wire to the process:

`api` (JSON 1.1, WSGI) -> `operations` (one function an operation) -> `clusters` (pure state machine over
`model`) -> `store` (the one place that holds state) -> `runner` (one worker a cluster) -> `execution` (one
process with its logs). `status` and `pages` show the same state to a person.
"""
