"""From keystroke to diagnostics: language servers side by side, driven by one client with real edits.

strokes -> kinds -> hosts | matching -> client -> servers -> replay -> figures -> page, picture
"""
