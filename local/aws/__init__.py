"""The embedded AWS of one machine: started, filled from the synthesised template, and looked into."""
