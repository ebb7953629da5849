"""Pages and logs for people; they change nothing."""
