"""Telling people: inbox, push, devices, and the walk over the change feed."""
