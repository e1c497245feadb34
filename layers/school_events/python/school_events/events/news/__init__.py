"""Changes of events that families are yet to be told of."""
