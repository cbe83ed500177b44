"""Footnote over HTTP: the chat API (version 1) and the demo page."""
