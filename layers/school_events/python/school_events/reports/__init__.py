"""Reports on screen and as files; what is in them is read from the other capabilities when asked for (G1–G3)."""
