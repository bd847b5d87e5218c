"""Measuring checkpoints in the simulated kitchen, on layouts that were never trained on."""
