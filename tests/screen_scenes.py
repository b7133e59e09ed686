"""What a page does when it opens a screen, and what was sent to it."""

import ipycanvas
import numpy as np

COMMANDS = ipycanvas.canvas._CMD_LIST


def ready(screen):
    """Do what a page does when it opens the screen."""
    layer = screen.canvas._canvases[-1]
    layer._handle_frontend_event(screen.canvas, {"event": "client_ready"}, [])
    return screen


def names(message):
    return [name for name, _ in message]


def circle(row, col, radius=10, n=64):
    angle = np.linspace(0, 2 * np.pi, n, endpoint=False)
    return np.c_[row + radius * np.sin(angle), col + radius * np.cos(angle)]
