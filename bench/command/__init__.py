"""How long `lm-lint` takes for trees of real files, cold and cached, beside the tools that people run in its place."""
