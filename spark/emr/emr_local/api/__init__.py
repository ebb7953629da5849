"""EMR's API: `wire` (JSON 1.1, WSGI), `shapes` (botocore's model), `operations` (which there are), what
requests are checked for, and how answers look."""
