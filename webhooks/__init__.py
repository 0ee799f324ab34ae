"""Outgoing webhooks: who wants which events, what is still to be sent, and how each attempt went."""
