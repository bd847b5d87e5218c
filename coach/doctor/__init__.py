"""The checks of `coach doctor`, none of which changes anything or loads torch."""
