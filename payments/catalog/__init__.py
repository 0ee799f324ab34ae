"""What a merchant sells: products, and the prices they are sold at."""
