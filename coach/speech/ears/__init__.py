"""The ears that ship with the package: a tiny Whisper and a spotter of the word "stop".

Both were trained from nothing on `espeak-ng` voices (`coach ears data`, `coach ears train`). They hear synthetic
English: they make the spoken path run on a fresh machine without a network, and in tests. To hear people, configure a
real model.
"""
