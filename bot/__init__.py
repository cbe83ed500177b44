"""Footnote: an FAQ chatbot on peripheral neuropathy and foot massage."""
