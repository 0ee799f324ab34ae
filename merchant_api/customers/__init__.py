"""Customers, as a merchant calls them."""
