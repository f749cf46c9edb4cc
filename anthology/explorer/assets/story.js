// Finding a natural story.
async function showStories(finder) {
  await need('stories');
  const { stories } = known;
  stories.likely ??= stories.traits.map((trait) => trait.counts.map(likeliest));
  const uses = matchings().flatMap((name) => [
    [`with ${name}`, `stands for somebody in ${name}`],
    [`without ${name}`, `stands for nobody in ${name}`],
  ]);
  const orders = matchings().map((name) => [name, `most respondents in ${name} first`]);
  const controls = [
    finder.text('text', 'Search', 'number, or words of the story'),
    finder.choice('use', 'Stands for', uses),
    finder.choice('sort', 'Order', orders, 'by number'),
    finder.more('Likeliest trait', finder.traits(stories.traits, (i) => stories.likely[i])),
  ];
  return finder.show(controls, findStories);
}

async function findStories(wanted) {
  const { stories } = known;
  let found = withTraits(stories.numbers.map((_, i) => i), wanted, (i) => stories.likely[i]);
  if (wanted.use) {
    const [how, name] = wanted.use.split(' ');
    const used = respondentsOf(name);
    found = found.filter((i) => used.has(stories.numbers[i]) === (how === 'with'));
  }
  const sought = words(wanted.text ?? '');
  if (sought.length) {
    await need('texts');
    found = found.filter((i) =>
      sought.every((word) => String(stories.numbers[i]) === word || searchable(stories.texts[i]).includes(word)));
  }
  if (wanted.sort) {
    const used = respondentsOf(wanted.sort);
    const many = (i) => used.get(stories.numbers[i])?.length ?? 0;
    found = found.toSorted((a, b) => many(b) - many(a));
  }
  const row = (i) =>
    el(
      'a',
      { href: address({ view: 'stories', story: stories.numbers[i] }) },
      el('b', {}, `Story ${stories.numbers[i]}`),
      el('span', { class: 'line' },
        stories.traits.map((trait, t) => trait.options[stories.likely[t][i]]).filter(Boolean).join(' · ')),
      el('span', { class: 'line quiet' }, usesOf(stories.numbers[i])),
    );
  return {
    found, row, all: stories.numbers.length, name: 'Stories', nouns: ['story', 'stories'],
  };
}

function usesOf(number) {
  const many = (name) => count(respondentsOf(name).get(number)?.length ?? 0);
  return `stands for ${matchings().map((name) => `${many(name)} in ${name}`).join(', ')}`;
}

// One story: its text, what it says of who it is, and whom it stands for.
async function storyView(finder, state) {
  await need('texts', 'stories');
  const { stories } = known;
  const at = state.story;
  const number = stories.numbers[at];
  return [
    backLink(state),
    el(
      'div',
      { class: 'title' },
      el('h2', { tabindex: '-1' }, `Story ${number}`),
      neighbours(finder, at, (i) => address({ view: 'stories', story: stories.numbers[i] })),
    ),
    passage(put(stories.texts[at]), 'Story'),
    heading('Asked who it is'),
    el('div', { class: 'distributions' }, stories.traits.map((trait) =>
      el(
        'section',
        { 'aria-label': trait.name },
        el('h4', { class: 'name' }, trait.name),
        el('p', { class: 'quiet' }, trait.wording),
        distribution(trait, at, { all: true }),
      ))),
    heading('Stands for'),
    ...matchings().map((name) => standsFor(name, number)),
  ];
}

function standsFor(name, number) {
  const people = respondentsOf(name).get(number) ?? [];
  const condition = known.study.conditions.find((one) => one.matching === name);
  const link = (person) => {
    const respondent = known.study.ids[person];
    return el('a', { href: address({ view: 'respondents', condition: keyOf(condition), respondent }) }, respondent);
  };
  return el(
    'details',
    { open: people.length > 0 && people.length <= ROWS_SHOWN },
    el('summary', {}, `${name}: ${people.length ? plural(people.length, 'respondent', 'respondents') : 'nobody'}`),
    el('ul', { class: 'people' }, people.map((person) => el('li', {}, link(person)))),
  );
}
