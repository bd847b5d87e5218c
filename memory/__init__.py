"""What was seen, thought, done and corrected, in one SQLite file."""
