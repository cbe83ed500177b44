"""The maintainer's desk: check what people edit, add topics and red flags, teach what was not understood, ship models."""
