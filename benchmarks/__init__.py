"""Footnote beside stock Rasa: same machine, same run, same phrases, the two in turns. See `benchmarks.bench`."""
