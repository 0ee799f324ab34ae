"""/v1/radar."""
