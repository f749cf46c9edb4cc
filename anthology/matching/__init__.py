"""Ways of giving respondents stories."""
