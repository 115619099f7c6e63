"""What every page shares: forms, errors, filters, headers."""
