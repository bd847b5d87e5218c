"""Texts that a model reads or the robot says, as YAML."""
