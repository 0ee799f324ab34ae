"""/v1/products and /v1/prices."""
