"""What reached the school's bank, and what it was made of."""
