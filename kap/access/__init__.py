"""Who may do what: one table, and a gate that is shut unless it is opened by name."""
