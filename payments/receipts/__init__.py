"""Receipts: what a customer is told in writing of a charge, and the letters that wait to be sent."""
