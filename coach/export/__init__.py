"""Recorded episodes and lessons as datasets for other trainers and viewers."""
