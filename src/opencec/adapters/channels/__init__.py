"""One package for each type of channel."""
