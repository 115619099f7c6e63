"""A session tracker for ketamine-assisted psychotherapy."""
