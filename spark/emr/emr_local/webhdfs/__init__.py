"""A WebHDFS gateway in front of S3: Spark's own jars read and write s3://, s3a:// and s3n:// through it.

A process of its own (`python -m emr_local.webhdfs`), which `process` starts and `settings` tells Hadoop of.
From the wire to S3: `server` (HTTP) -> `operations` (one function an operation) -> `folders` (keys as files
and folders), `uploads` and `downloads` (bytes). `calls` is a request with its answer, `paths` reads
addresses, `markers` keeps empty folders, `errors` names what went wrong.
"""
