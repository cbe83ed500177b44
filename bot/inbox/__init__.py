"""Messages worth a human look: masked, kept for a while where the clinic agrees, read at the maintainer's desk."""
