"""Rasa graph components and what they are made of: the encoder, n-grams, linear heads."""
