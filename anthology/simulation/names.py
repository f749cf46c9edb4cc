"""What the toy society's attitudes and traits are called, for whoever only checks a name."""

DIMENSIONS: tuple[str, ...] = ("caution", "naturalness", "conservatism", "enthusiasm", "trust")
"""The attitudes: wariness of what is added to food, of what is bred into it, social
conservatism, enthusiasm about technology, trust in others and in institutions."""

OPTIONS: dict[str, tuple[str, ...]] = {
    "age": ("18-29", "30-49", "50-64", "65+"),
    "gender": ("man", "woman", "other"),
    "race": ("native", "asian", "black", "hispanic", "mideast", "pacific", "white", "other"),
    "education": (
        "none", "highschool", "some-college", "associate",
        "bachelor", "master", "professional", "doctorate",
    ),
    "income": (
        "0-10k", "10-20k", "20-30k", "30-40k", "40-50k", "50-60k", "60-70k", "70-80k",
        "80-90k", "90-100k", "100-150k", "150-200k", "200k+",
    ),
    "region": ("northeast", "midwest", "south", "west"),
    "religion": (
        "protestant", "catholic", "mormon", "orthodox", "jewish", "muslim",
        "buddhist", "hindu", "atheist", "agnostic", "else", "nothing",
    ),
    "party": ("republican", "democrat", "independent", "other"),
}  # fmt: skip
"""For each trait, the options of `config/traits.yaml`."""
