"""Standing instructions: what was wished for in words, when it is due, and what is said about it."""
