"""What payments brought in, booking by booking."""
