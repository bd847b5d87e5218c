"""Which checkpoint is served, what proves a new one better, and the switch between them. Loads no torch by itself."""
