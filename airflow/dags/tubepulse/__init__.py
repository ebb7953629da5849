"""What the tasks of the DAGs call: stations, posts, job flow, results, lineage."""
