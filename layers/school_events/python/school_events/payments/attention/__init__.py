"""What somebody of the school has to look at: the list of finance staff, who are not told by name."""
