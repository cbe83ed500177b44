"""The maintainer's desk: check what people edit, add topics and red flags. Knows the core only."""
