"""`make bench`: measure SinkHub against the bare server program that it runs on."""
