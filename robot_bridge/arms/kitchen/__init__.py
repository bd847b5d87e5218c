"""The simulated two-armed kitchen (MuJoCo)."""
