"""What issuers tell of fraud before it comes to a dispute."""
