"""The hosted checkout, as a merchant calls it."""
