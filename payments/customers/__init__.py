"""Who pays: customers."""
