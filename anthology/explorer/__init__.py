"""The page on which single respondents and backstories are looked at.

Imports `analysis`, `interview` and `stories`. Its HTML, CSS and JavaScript are in `assets/`.
"""
