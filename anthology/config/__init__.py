"""What the YAML files may say, record by record, mirroring the folder `config/`.

Imports only the top of the package. No logic, no reading of files.
"""
