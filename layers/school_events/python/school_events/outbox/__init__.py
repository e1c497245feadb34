"""What follows from a write: read from the tables' streams, made to happen."""
