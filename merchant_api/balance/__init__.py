"""The balance, as a merchant reads it."""
