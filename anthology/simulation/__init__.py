"""A toy society: the people, life stories and opinions that the project demonstrates itself on.

It is made up. What comes of it shows that the machinery works and is evidence
about nothing else.
"""
