"""The language server: the protocol at its edge, the event loop that owns the texts, the thread that owns the model."""
