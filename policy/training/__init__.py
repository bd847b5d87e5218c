"""Training the model: data, losses, the loop."""
