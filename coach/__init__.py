"""The coaching assistant: terminal UI, speech, command line."""
