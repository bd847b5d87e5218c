"""What the robot remembers: one SQLite file of episodes, thoughts, words and corrections."""
