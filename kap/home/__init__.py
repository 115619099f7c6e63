"""Pages that gather several features: where each role begins, and help in a crisis."""
