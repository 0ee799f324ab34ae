"""Ground floor: tools that know nothing of payments."""
