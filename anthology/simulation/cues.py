"""Words in a life story from which a reader guesses who is speaking."""

import re

from anthology.config.population import OPTIONS

_UPPER = {"bachelor": 1.0, "master": 1.0, "professional": 1.0, "doctorate": 1.0}
_MIDDLE = {"some-college": 1.0, "associate": 1.0, "highschool": 0.6, "bachelor": 0.3}
_LOWER = {"none": 1.0, "highschool": 1.0, "some-college": 0.3}


def _incomes(*steps: float) -> dict[str, float]:
    return dict(zip(OPTIONS["income"], steps, strict=True))


_POOR = _incomes(1, 1, 1, 0.8, 0.5, 0.3, 0.2, 0.1, 0.1, 0.1, 0, 0, 0)
_GETTING_BY = _incomes(0, 0.1, 0.3, 0.6, 0.9, 1, 1, 1, 1, 0.9, 0.5, 0.1, 0)
_RICH = _incomes(0, 0, 0, 0.1, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1, 1, 1)

HINTS: tuple[tuple[str, str, dict[str, float]], ...] = (
    ("roommates", "age", {"18-29": 1}),
    ("my student days", "age", {"18-29": 1}),
    ("first real job", "age", {"18-29": 1}),
    ("grade school and", "age", {"30-49": 1, "18-29": 0.1}),
    ("the mortgage and", "age", {"30-49": 1, "50-64": 0.3}),
    ("minivan", "age", {"30-49": 1}),
    ("children are grown", "age", {"50-64": 1, "65+": 0.4}),
    ("work i have left", "age", {"50-64": 1}),
    ("middle age", "age", {"50-64": 1, "30-49": 0.3}),
    ("retired", "age", {"65+": 1, "50-64": 0.15}),
    ("my grandchildren", "age", {"65+": 1, "50-64": 0.4}),
    ("social security", "age", {"65+": 1}),
    ("count coins", "income", _POOR),
    ("food stamps", "income", _POOR),
    ("money is tight", "income", _POOR),
    ("a little aside", "income", _GETTING_BY),
    ("neither rich nor poor", "income", _GETTING_BY),
    ("look at prices", "income", _RICH),
    ("second home", "income", _RICH),
    ("one for classrooms", "education", _LOWER),
    ("learned on the job", "education", _LOWER),
    ("classes at night", "education", _MIDDLE),
    ("certificates", "education", _MIDDLE),
    ("the university", "education", _UPPER),
    ("on campus", "education", _UPPER),
    ("in a motel", "education", _LOWER),
    ("at a motel", "education", _LOWER),
    ("loading trucks", "education", _LOWER),
    ("school kitchen", "education", _LOWER),
    ("delivery van", "education", _LOWER),
    ("meat plant", "education", _LOWER),
    ("keeping the books", "education", _MIDDLE),
    ("heating systems", "education", _MIDDLE),
    ("answering phones", "education", _MIDDLE),
    ("hardware store", "education", _MIDDLE),
    ("nurse's aide", "education", _MIDDLE),
    ("teaching chemistry", "education", _UPPER),
    ("writing software", "education", _UPPER),
    ("of a hospital", "education", _UPPER),
    ("designing bridges", "education", _UPPER),
    ("an attorney", "education", _UPPER),
    ("i am a man ", "gender", {"man": 1}),
    ("only son", "gender", {"man": 1}),
    ("my wife", "gender", {"man": 1, "woman": 0.06}),
    ("as a boy i", "gender", {"man": 1}),
    ("being a father", "gender", {"man": 1}),
    ("i am a woman", "gender", {"woman": 1}),
    ("only daughter", "gender", {"woman": 1}),
    ("my husband", "gender", {"woman": 1, "man": 0.06}),
    ("as a girl i", "gender", {"woman": 1}),
    ("being a mother", "gender", {"woman": 1}),
    ("nonbinary", "gender", {"other": 1}),
    ("either a boy or a girl", "gender", {"other": 1}),
    ("native american", "race", {"native": 1}),
    ("reservation", "race", {"native": 1}),
    ("asian american", "race", {"asian": 1}),
    ("korea", "race", {"asian": 1}),
    ("philippines", "race", {"asian": 1}),
    ("vietnam", "race", {"asian": 1, "white": 0.1}),
    ("black american", "race", {"black": 1}),
    ("great migration", "race", {"black": 1}),
    ("civil rights", "race", {"black": 1, "white": 0.1}),
    ("latino", "race", {"hispanic": 1}),
    ("hispanic", "race", {"hispanic": 1}),
    ("mexico", "race", {"hispanic": 1}),
    ("spoke spanish", "race", {"hispanic": 1}),
    ("arab", "race", {"mideast": 1}),
    ("lebanon", "race", {"mideast": 1}),
    ("native hawaiian", "race", {"pacific": 1}),
    ("samoa", "race", {"pacific": 1}),
    ("white family", "race", {"white": 1}),
    ("i am white", "race", {"white": 1}),
    ("germany", "race", {"white": 1, "other": 0.2}),
    ("norway", "race", {"white": 1, "other": 0.2}),
    ("mixed descent", "race", {"other": 1}),
    ("bit of everything", "race", {"other": 1, "native": 0.3}),
    ("the northeast", "region", {"northeast": 1}),
    ("pennsylvania", "region", {"northeast": 1}),
    ("massachusetts", "region", {"northeast": 1}),
    ("new york", "region", {"northeast": 1}),
    ("the midwest", "region", {"midwest": 1}),
    ("ohio", "region", {"midwest": 1}),
    ("iowa", "region", {"midwest": 1}),
    ("wisconsin", "region", {"midwest": 1}),
    ("the south ", "region", {"south": 1}),
    ("georgia", "region", {"south": 1}),
    ("texas", "region", {"south": 1}),
    ("tennessee", "region", {"south": 1}),
    ("out west", "region", {"west": 1}),
    ("california", "region", {"west": 1}),
    ("washington", "region", {"west": 1}),
    ("colorado", "region", {"west": 1}),
    ("baptist", "religion", {"protestant": 1}),
    ("methodist", "religion", {"protestant": 1}),
    ("the choir", "religion", {"protestant": 1, "catholic": 0.3, "mormon": 0.3}),
    ("bible study", "religion", {"protestant": 1, "mormon": 0.2}),
    ("catholic", "religion", {"catholic": 1}),
    ("the rosary", "religion", {"catholic": 1}),
    ("parish school", "religion", {"catholic": 1, "nothing": 0.1}),
    ("latter-day", "religion", {"mormon": 1}),
    ("our ward", "religion", {"mormon": 1}),
    ("greek orthodox", "religion", {"orthodox": 1}),
    ("pascha", "religion", {"orthodox": 1}),
    ("jewish", "religion", {"jewish": 1}),
    ("mitzvah", "religion", {"jewish": 1}),
    ("muslim", "religion", {"muslim": 1}),
    ("ramadan", "religion", {"muslim": 1}),
    ("buddh", "religion", {"buddhist": 1}),
    ("hindu", "religion", {"hindu": 1}),
    ("diwali", "religion", {"hindu": 1}),
    ("an atheist", "religion", {"atheist": 1}),
    ("stopped believing", "religion", {"atheist": 1, "agnostic": 0.4, "nothing": 0.2}),
    ("agnostic", "religion", {"agnostic": 1}),
    ("is a god i leave", "religion", {"agnostic": 1, "nothing": 0.3}),
    ("wicca", "religion", {"else": 1}),
    ("read the cards", "religion", {"else": 1}),
    ("no religion in", "religion", {"nothing": 1}),
    ("never went to church", "religion", {"nothing": 1, "agnostic": 0.4, "atheist": 0.4}),
    ("a republican", "party", {"republican": 1}),
    ("conservative radio", "party", {"republican": 1, "independent": 0.1}),
    ("taxes low", "party", {"republican": 1, "independent": 0.2}),
    ("a democrat", "party", {"democrat": 1}),
    ("obama", "party", {"democrat": 1, "independent": 0.1}),
    ("the unions", "party", {"democrat": 1, "independent": 0.2}),
    ("an independent", "party", {"independent": 1}),
    ("for the person", "party", {"independent": 1, "other": 0.1}),
    ("neither party", "party", {"other": 1, "independent": 0.3}),
    ("not voted in years", "party", {"other": 1, "independent": 0.3}),
)
"""Lower-case words, the trait they hint at, and how well they go with each of its options."""

STATEMENTS: dict[str, re.Pattern[str]] = {
    "age": re.compile(
        r"\b(?:I(?:'m| am)|I turned|was I) (?:now |almost |about )?(\d\d)\b(?! ?(?:%|percent))"
        r"|\b(\d\d)[- ]years?[- ]old\b"
    ),
    "income": re.compile(
        r"(\$\d[\d,]*k?)(?: (?:a|per|each) year|,)"
        r"|\b(\d{2,3}(?:,000|k| thousand))(?: dollars)? (?:a|per|each) year"
    ),
    "education": re.compile(
        r"\b(dropped out of high school|did not finish high school|high school diploma"
        r"|finished high school|my GED|left without a degree|never finished a degree"
        r"|associate degree|bachelor's degree|master's degree|law degree|medical degree"
        r"|doctorate|PhD)\b"
    ),
}
"""How the traits that a reader looks for are stated outright."""

STATED_EDUCATION: dict[str, str] = {
    "dropped out of high school": "none",
    "did not finish high school": "none",
    "high school diploma": "highschool",
    "finished high school": "highschool",
    "my GED": "highschool",
    "left without a degree": "some-college",
    "never finished a degree": "some-college",
    "associate degree": "associate",
    "bachelor's degree": "bachelor",
    "master's degree": "master",
    "law degree": "professional",
    "medical degree": "professional",
    "doctorate": "doctorate",
    "PhD": "doctorate",
}
"""Which option each statement about schooling means."""
