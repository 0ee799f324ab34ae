"""The hosted checkout: sessions, what they sell, and how they are paid, expired and recovered."""
