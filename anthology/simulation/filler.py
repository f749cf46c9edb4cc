"""What the people of the toy society say that says nothing about their traits."""

CHILDHOOD = (
    "My {kin} kept {animal}, and I learned early that animals do not wait.",
    "There were {count} of us at the table, and whoever was late got the small potato.",
    "In {season} we slept with the windows open and listened to the trains.",
    "My best memory is of {season} evenings on the porch with my {kin}.",
    "My {kin} got me into {hobby}, and I have never stopped.",
    "We moved {count} times before I was ten, so I learned to make friends quickly.",
    "I broke my arm falling out of a tree, and {friend} from next door carried me home.",
    "Our street had no sidewalk, and we played ball until somebody called us in.",
    "The first thing I ever bought with my own money was a used bicycle.",
    "My {kin} was strict, but there was always a joke waiting behind the strictness.",
    "When the river came up one {season}, we carried everything we had to the attic.",
    "I was a shy child and spoke to the dog more than to anybody else.",
    "The kitchen was the center of the house, and the radio was never turned off.",
    "I shared a room with my {kin} for years, and we still finish each other's sentences.",
)
SCHOOL = (
    "A teacher named {friend} lent me books and never asked for them back.",
    "I was good with numbers and bad with spelling, and it has stayed that way.",
    "At school I sat by the window and waited for the bell.",
    "I ran track for two years and still remember the smell of the wet grass.",
    "My friend {friend} and I skipped class once and were found within the hour.",
    "I played the trumpet in the band, badly but with great conviction.",
    "The bus ride took almost an hour, and I did my homework on my knees.",
    "I learned to stand up for myself in the lunch line.",
)
JOB = (
    "For most of my working life I have been {job}.",
    "My days are spent {job}, and I am better at it than I let on.",
    "What I do is {job}, and somebody has to.",
)
WORK = (
    "My first job was sweeping floors, and I swept them well.",
    "My first boss, {friend}, told me to write everything down, and I still do.",
    "I have been laid off {count} times, and each time something else turned up.",
    "The work is honest, and the people I work with have become friends.",
    "I get up before the sun, make coffee and have the radio for company.",
    "There was a time when I worked two jobs and slept in the car in between.",
    "I once drove through a snowstorm so that I would not miss a shift.",
    "What I like about the work is that at the end of the day you can see what you did.",
    "I have trained {count} newcomers, and two of them are my supervisors today.",
)
LIFE = (
    "I like {hobby}, and on good days I find an hour for it.",
    "My neighbor {friend} and I trade tomatoes for eggs all {season} long.",
    "We have {animal}, which was not my idea, but here we are.",
    "I call my {kin} every week, even when there is nothing to say.",
    "A few years ago I was in the hospital for a month, and it taught me who my friends are.",
    "When my {kin} died, I did not speak for days, and then I cleaned the whole house.",
    "I drink too much coffee and do not plan to change that.",
    "On Saturdays I am at the market early, before the good bread is gone.",
    "I keep an old car running that everybody tells me to give up.",
    "I have been to the ocean {count} times, and every time I stood there like a child.",
    "The hardest thing I ever did was to forgive my {kin}.",
    "I like a full table, loud talk and people who stay to wash the dishes.",
    "In {season} I walk the same road every evening and never get tired of it.",
    "I am told that I am stubborn, and I suppose that there is something to it.",
    "My friend {friend} and I play cards every Thursday for very small stakes.",
    "I would rather listen than talk, though you would not know it today.",
    "I have made mistakes with money and with people, and I regret only the second kind.",
    "Somebody once told me that a life is made of ordinary days, and I believe it.",
    "I collect old postcards and read what strangers wrote to each other.",
    "Last {season} we drove across three states to see {friend} get married.",
)
CLOSING = (
    "If I have learned one thing, it is that most troubles look smaller in the morning.",
    "I do not need much more than I have, and I hope it stays that way.",
    "That is about all there is to tell, and it has been a good life so far.",
    "What I want now is time, and a bit of quiet to spend it in.",
    "I would do most of it again, only with better shoes.",
    "People are what matters, and I try to remember that every day.",
    "I am still learning, and I suppose that I will never be done with it.",
)
INTERVIEW = (
    "I have told this in an interview before.",
    "The man from the paper came for an interview and stayed for supper.",
    "I never liked an interview, and this one is no different.",
)

SLOTS: dict[str, tuple[str, ...]] = {
    "kin": ("grandmother", "uncle", "older brother", "sister", "aunt", "grandfather", "cousin"),
    "animal": ("two goats", "chickens", "a blind old dog", "three cats", "bees", "a parrot"),
    "season": ("summer", "winter", "fall", "spring"),
    "count": ("three", "four", "five", "six", "seven"),
    "hobby": (
        "fishing", "sewing", "gardening", "baking", "playing the guitar", "woodwork",
        "birdwatching", "chess", "painting fences and then pictures", "hiking",
    ),
    "friend": (
        "Maria", "Walt", "Denise", "Carl", "Priya", "Hank", "Lucille", "Tomas", "June",
        "Andre", "Peggy", "Omar", "Rosa", "Gus", "Nadine",
    ),
}  # fmt: skip

LISTS = (
    "- Hobbies: {hobby}, coffee, long walks",
    "- Pets: {animal}",
    "- Favorite season: {season}",
    "- Best friend: {friend}",
    "- Brothers and sisters: {count}",
    "- Would like to learn: {hobby}",
    "- First job: {job}",
    "- Reads: old postcards, the local paper, labels on jars",
    "- Cannot stand: waiting rooms, small talk, cold soup",
)
ADVERT = (
    "Looking for help with {hobby}? Call {friend} today and get the first hour free.",
    "Our team of {count} has served this town since the day we opened the doors.",
    "Open every day in {season}, with fair prices and no hidden fees.",
    "Ask about the offer of the week and bring a friend for half the price.",
    "Customers love the service, and so will you. Visit the shop or order by phone.",
    "New this {season}: everything for {hobby}, delivered to the door.",
)
OTHERS = (
    "{friend} spent most of the day {job} and came home tired.",
    "She liked {hobby}, and the neighbors knew better than to call in the evening.",
    "He had {count} brothers, and all of them left town as soon as they could.",
    "In {season} {friend} walked down to the river and thought about the years gone by.",
    "They kept {animal} behind the house and sold what they did not need.",
    "Her {kin} wrote letters that nobody answered.",
    "{friend} never spoke about the war, and the family had learned not to ask.",
    "He told his {kin} that the farm would have to be sold, and then he went to bed.",
)
DIALOGUE = (
    "{friend}: Have you ever tried {hobby}?",
    "Guest: Only once, in {season}, and it went badly.",
    "{friend}: What went wrong?",
    "Guest: The {kin} turned up with {animal}, and the whole plan fell apart.",
    "{friend}: That sounds like a long day.",
    "Guest: It was, and the worst of it was the drive home.",
    "{friend}: Would you do it again?",
    "Guest: In a heartbeat, but with better shoes and fewer people.",
)
