"""What stands between a person's words and the bridge: no UI, no torch."""
