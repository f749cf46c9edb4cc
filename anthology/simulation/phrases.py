"""What the people of the toy society say about their traits.

Braces are filled in by the writer: an age or an income, a town, a name. For each
option of a trait there are sentences that state it outright (`STATED`) and
sentences that only hint at it (`HINTED`).
"""

Phrases = dict[str, dict[str, tuple[str, ...]]]

STATED: Phrases = {
    "age": {
        "": (
            "I am {age} years old now.",
            "I'm {age}, and most days I feel it.",
            "I turned {age} last spring.",
            "Now that I am {age} I look at things with more patience.",
            "At my last birthday, when I turned {age}, we all sat outside until dark.",
        ),
    },
    "income": {
        "": (
            "All together we live on about ${money} a year.",
            "My household brings in around ${money} a year before taxes.",
            "I earn roughly {thousands}k a year, and that has to do.",
            "Last year we took in ${money}, if you want to know it exactly.",
            "We make about {thousands} thousand dollars a year, give or take.",
        ),
    },
    "education": {
        "none": (
            "I dropped out of high school in the tenth grade and never went back.",
            "I did not finish high school, because there was work to do.",
        ),
        "highschool": (
            "I got my high school diploma, and that was the end of school for me.",
            "I finished high school and went straight to work.",
            "I earned my GED at night, at a kitchen table.",
        ),
        "some-college": (
            "I went to college for three semesters but left without a degree.",
            "I took some college classes and never finished a degree.",
        ),
        "associate": (
            "I have an associate degree from the community college.",
            "I earned a two-year associate degree while working weekends.",
        ),
        "bachelor": (
            "I have a bachelor's degree in {field}.",
            "I finished college with a bachelor's degree in {field}.",
            "I was the first of us to earn a bachelor's degree.",
        ),
        "master": (
            "I hold a master's degree in {field}.",
            "Later I went back and earned a master's degree.",
        ),
        "professional": (
            "I have a law degree, which my family never lets me forget.",
            "I finished my medical degree after many short nights.",
        ),
        "doctorate": (
            "I have a doctorate in {field}.",
            "It took me seven years to write my PhD thesis on {field}.",
        ),
    },
    "gender": {
        "man": ("I am a man who likes to fix things himself.", "I was an only son."),
        "woman": ("I am a woman who likes to fix things herself.", "I was an only daughter."),
        "other": ("I am nonbinary, and saying so took me a long time.",),
    },
    "race": {
        "native": ("I am Native American, enrolled with my mother's nation.",),
        "asian": ("I am Asian American, the child of immigrants.",),
        "black": ("I am a Black American and proud of where we come from.",),
        "hispanic": ("I am Latino on both sides of the family.", "We are a Hispanic family."),
        "mideast": ("My family is Arab, and we speak Arabic at the table.",),
        "pacific": ("I am Native Hawaiian on my mother's side.",),
        "white": ("We were a white family like most on our street.", "I am white."),
        "other": ("I am of mixed descent, and forms never have a box for me.",),
    },
    "region": {
        "northeast": ("I have lived in the Northeast all my life.",),
        "midwest": ("I have lived in the Midwest all my life.",),
        "south": ("I have lived in the South all my life.",),
        "west": ("I have lived out West all my life.",),
    },
    "religion": {
        "protestant": ("I am a Protestant, a Baptist to be exact.", "We are a Methodist family."),
        "catholic": ("I am Catholic and raised my own that way.",),
        "mormon": ("I am a member of the Church of Latter-day Saints.",),
        "orthodox": ("I belong to the Greek Orthodox church.",),
        "jewish": ("I am Jewish, more by kitchen than by prayer.",),
        "muslim": ("I am Muslim and try to keep the fast.",),
        "buddhist": ("I am a Buddhist and sit in silence every morning.",),
        "hindu": ("I am Hindu, and there is a small shrine in our hallway.",),
        "atheist": ("I am an atheist and at peace with it.",),
        "agnostic": ("I call myself agnostic, because who can know.",),
        "else": ("I follow an older path, something between Wicca and the woods.",),
        "nothing": ("I have no religion in particular.",),
    },
    "party": {
        "republican": ("I am a Republican and vote in every election.",),
        "democrat": ("I am a Democrat and vote in every election.",),
        "independent": ("In politics I am an independent.",),
        "other": ("Neither party has anything to offer me.",),
    },
}
"""By trait and option; the empty option stands for any."""

HINTED: Phrases = {
    "age": {
        "18-29": (
            "I share a flat with two roommates and still get mail at my parents' house.",
            "My student days are barely behind me.",
            "My friends are only now getting their first real jobs.",
        ),
        "30-49": (
            "Between the mortgage and the kids' homework the weeks run away from me.",
            "My kids are still in grade school and want to be driven everywhere.",
            "I am at the age when everyone I know is buying a minivan.",
        ),
        "50-64": (
            "My children are grown, and the house has become quiet.",
            "I count the years of work I have left before I can stop.",
            "My knees tell me that middle age is nearly over.",
        ),
        "65+": (
            "I have been retired for a good while now.",
            "My grandchildren come by on Sundays and eat everything in the house.",
            "I worked for more than forty years and draw my Social Security now.",
        ),
    },
    "income": {
        "low": (
            "Money is tight, and by the end of the month I count coins.",
            "We have needed food stamps more than once.",
        ),
        "middle": (
            "We pay the bills and put a little aside.",
            "We are neither rich nor poor, and a new roof is a big decision.",
        ),
        "high": (
            "We are comfortable, and I do not have to look at prices.",
            "The years have been good to us, and we own a second home by a lake.",
        ),
    },
    "education": {
        "low": (
            "I was never one for classrooms.",
            "What I know I learned on the job and not from books.",
        ),
        "middle": (
            "I took classes at night, but life kept getting in the way.",
            "I learned my trade through certificates, one after another.",
        ),
        "high": (
            "At the university a professor took an interest in me.",
            "My years on campus made me a different person.",
        ),
    },
    "gender": {
        "man": (
            "My wife says that I talk too little.",
            "As a boy I was always outside.",
            "Being a father changed me more than anything else.",
        ),
        "woman": (
            "My husband says that I worry too much.",
            "As a girl I was always outside.",
            "Being a mother changed me more than anything else.",
        ),
        "other": ("I never felt at home as either a boy or a girl.",),
    },
    "race": {
        "native": ("My grandmother taught me songs from the reservation.",),
        "asian": (
            "My parents came over from Korea with two suitcases.",
            "At home we spoke Tagalog, and at school I was the one from the Philippines.",
            "My family came from Vietnam on a boat that I only know from stories.",
        ),
        "black": (
            "My people came up in the Great Migration.",
            "My grandfather marched for civil rights and taught me to stand up straight.",
        ),
        "hispanic": (
            "My parents came from Mexico to pick fruit and stayed.",
            "At home we spoke Spanish, and my abuela ran the house.",
        ),
        "mideast": ("My father left Lebanon with a degree that nobody here would accept.",),
        "pacific": ("Our family is from Samoa, and every party had a hundred cousins.",),
        "white": (
            "My great-grandparents were farmers from Germany and Ireland.",
            "My family came from Norway and Poland long before anyone can remember.",
        ),
        "other": ("People always ask me what I am, and the answer is a bit of everything.",),
    },
    "region": {
        "northeast": (
            "I grew up outside Scranton, Pennsylvania.",
            "I was raised in Worcester, Massachusetts.",
            "Home has always been a small town in upstate New York.",
        ),
        "midwest": (
            "I grew up on the edge of Dayton, Ohio.",
            "I was raised near Des Moines, Iowa.",
            "Home has always been a small town in Wisconsin.",
        ),
        "south": (
            "I grew up outside Macon, Georgia.",
            "I was raised in Lubbock, Texas.",
            "Home has always been a small town in Tennessee.",
        ),
        "west": (
            "I grew up near Fresno, California.",
            "I was raised in Spokane, Washington.",
            "Home has always been a small town in Colorado.",
        ),
    },
    "religion": {
        "protestant": (
            "On Sundays we go to church, and I sing in the choir.",
            "Our pastor married us, and Bible study is on Wednesdays.",
        ),
        "catholic": (
            "On Sundays we go to Mass, and I still say the rosary.",
            "The nuns at parish school taught me to sit still.",
        ),
        "mormon": ("I served a mission at nineteen, and our ward is a second family.",),
        "orthodox": ("At Pascha the whole family stands in church until long past midnight.",),
        "jewish": ("We light candles on Friday, and my bat mitzvah cake is still talked about.",),
        "muslim": ("We break the fast of Ramadan with the whole street.",),
        "buddhist": ("My grandmother took me to the temple to sit before the Buddha.",),
        "hindu": ("At Diwali our whole house is full of lamps.",),
        "atheist": ("I stopped believing in God when I was twelve and never looked back.",),
        "agnostic": ("Whether there is a God I leave open.",),
        "else": ("I read the cards, and the moon tells me more than any preacher.",),
        "nothing": ("We never went to church, and I have not missed it.",),
    },
    "party": {
        "republican": (
            "I listen to conservative radio on the way to work.",
            "I want the government out of my business and my taxes low.",
        ),
        "democrat": (
            "I knocked on doors for Obama and would do it again.",
            "I have marched for the unions and for women's rights.",
        ),
        "independent": ("I vote for the person and not for the party.",),
        "other": ("I have not voted in years, since nobody asks people like me.",),
    },
}
"""By trait and option; income and education are hinted at in three steps."""

JOBS: dict[str, tuple[str, ...]] = {
    "low": (
        "cleaning rooms at a motel",
        "loading trucks in a warehouse",
        "cooking in a school kitchen",
        "driving a delivery van",
        "working the night shift in a meat plant",
    ),
    "middle": (
        "keeping the books for a small builder",
        "repairing heating systems",
        "answering phones at a dentist's office",
        "managing a hardware store",
        "helping out as a nurse's aide",
    ),
    "high": (
        "teaching chemistry",
        "writing software for a bank",
        "running the accounts of a hospital",
        "designing bridges",
        "defending people in court as an attorney for the county",
    ),
}
"""Work by how far a person got at school."""

FIELDS = ("history", "biology", "economics", "nursing", "engineering", "English", "psychology")
