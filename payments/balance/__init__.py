"""What Florin owes a merchant: balance transactions, fees and the balance."""
