"""What the tables about people and personas are computed by; the stages write them."""
