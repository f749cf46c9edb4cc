"""What can be wrong with an experiment as a whole, found before anything runs."""
