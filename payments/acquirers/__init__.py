"""Adapters behind the bank port; only app.py names their classes."""
