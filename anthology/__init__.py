"""Virtual personas for language models, measured against the people they stand for."""

__version__ = "0.1.0"
