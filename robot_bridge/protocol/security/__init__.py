"""CURVE on every socket that other machines can reach: keys, who is let in, and what they may do."""
