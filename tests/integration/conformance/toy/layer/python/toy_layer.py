"""A module that reaches the toy function through a layer only."""

GREETING = "from the layer"
