"""Counts of what the bot did, by clinic and day: numbers for people who look after it, and nobody's words."""
