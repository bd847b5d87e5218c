"""Looking at an episode afterwards and writing what the robot should have thought. Knows nothing of a screen."""
