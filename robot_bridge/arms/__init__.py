"""Arms that the bridge can drive."""
