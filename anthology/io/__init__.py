"""Files: Parquet, CSV and YAML in, artifacts out, shards of artifacts joined.

Imports only the top of the package. Nothing here knows what a survey or a model is.
"""
