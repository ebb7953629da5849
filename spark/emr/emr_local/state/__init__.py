"""Clusters and steps as values (`model`), what may become of them (`clusters`), and where they are kept."""
