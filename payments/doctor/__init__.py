"""doctor: looks at a live database and at the banks, says what does not hold, and mends nothing."""
