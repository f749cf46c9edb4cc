"""A survey's file: SPSS data, its wording, its respondents.

Imports `config` and `io`. How a survey is declared is in `config/survey.py`.
"""
