"""Running steps and bootstrap actions: workers, processes, commands, logs, and why something failed."""
