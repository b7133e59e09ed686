"""Files that other programs read and write: one small module a format."""
