"""Taking money, as a merchant calls it."""
