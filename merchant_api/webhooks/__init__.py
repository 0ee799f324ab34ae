"""Webhook endpoints, as a merchant calls them."""
