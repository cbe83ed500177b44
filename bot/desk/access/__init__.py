"""Who may use the desk's page: users, passwords, sessions, and what happens to guessing. No framework in here."""
