"""Hearing and speaking: microphone, voice activity, words, stop word, voice."""
