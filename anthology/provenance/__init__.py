"""What made a file: a record beside every artifact, with what must not be in the artifact itself.

An artifact is the same bytes whenever and wherever its settings are the same, so the time that it
took, the machine and the money stand in `.made/<name>.json` in the artifact's folder.
"""
