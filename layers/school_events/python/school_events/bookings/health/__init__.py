"""Answers about health (medical, dietary): encrypted each by itself, shown to few, erased after the event (D3)."""
