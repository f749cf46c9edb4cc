"""What made a file: code, packages, models, inputs, cost; and how that is shown.

Imports `io`, `models` and `survey`. It records what stages did and changes nothing they make.
"""
