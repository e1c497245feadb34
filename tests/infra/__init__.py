"""What the templates promise."""
