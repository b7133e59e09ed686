"""Trainable models with one interface: fit, predict, save, load."""
