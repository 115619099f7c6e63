"""The kernel: database, clock, sealed columns, refusals. It knows nothing of the domain."""
