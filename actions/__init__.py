"""Rasa custom actions: adapters from the tracker to the bot core. They know nothing of medicine."""
