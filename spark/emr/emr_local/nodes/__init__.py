"""The primary node of a cluster: a folder with programs, a Python, and Spark's and Hadoop's configuration."""
