"""A survey's file: SPSS data, its wording, its respondents.

Imports only the top of the package. The configuration of surveys is in `config/survey.py`.
"""
