"""Messages, codec, errors and bodies: the leaf that every other package may import."""
