"""How often the detector is right, beside the tools that people use today: `python -m bench.accuracy`."""
