"""The terminal UI. Nothing heavy is imported before the first paint, and torch never."""
