"""A synthetic clinic, played through the same actions as the pages."""
