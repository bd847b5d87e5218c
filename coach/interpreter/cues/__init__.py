"""Cues: which words speak for which meaning, weighed by a small linear model (`weigh.py`, learnt by `learn.py`)."""
