"""Measures SinkHub against the bare server program it runs on: `make bench`."""
