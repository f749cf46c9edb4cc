// Finding a respondent.
function showRespondents(finder, state) {
  const { study } = known;
  const options = study.conditions.map((one) => [keyOf(one), titleOf(one)]);
  const go = (condition) => {
    location.hash = address({ ...state.hash, view: 'respondents', condition });
  };
  const picker = choice(options, keyOf(state.shown), go);
  picker.dataset.stays = '';
  const items = study.items.map((_, i) => [String(i + 1), `at least ${i + 1}`]);
  const matched = state.shown.similarity.some((one) => one !== null);
  if (!matched) delete finder.wanted.alike;
  const orders = [
    ['most', 'most items equal first'],
    ['least', 'fewest items equal first'],
    ...(matched ? [['alike', 'most similar story first'], ['unlike', 'least similar story first']] : []),
  ];
  if (!orders.some(([value]) => value === finder.wanted.sort)) delete finder.wanted.sort;
  const controls = [
    labelled('Condition', picker),
    finder.text('text', 'Search', 'id, or words of the story'),
    finder.choice('sort', 'Order', orders, 'by id'),
    finder.more('More filters', [
      finder.choice('equal', 'Items equal', items),
      matched ? finder.number('alike', 'Similarity', 'at least') : null,
      ...finder.traits(study.traits, (i) => study.trait_values[i]),
    ].filter(Boolean)),
  ];
  return finder.show(controls, (wanted) => findRespondents(wanted, state));
}

async function findRespondents(wanted, state) {
  const { study } = known;
  const { shown } = state;
  const { equal, both } = agreement(shown);
  const all = study.ids.map((_, i) => i).filter((i) => shown.present[i]);
  let found = withTraits(all, wanted, (i) => study.trait_values[i]);
  if (wanted.equal) found = found.filter((i) => equal[i] >= Number(wanted.equal));
  if (wanted.alike) found = found.filter((i) => shown.similarity[i] >= Number(wanted.alike));
  const sought = words(wanted.text ?? '');
  if (sought.length) {
    await need('texts');
    found = found.filter((i) => {
      const id = study.ids[i].toLowerCase();
      const story = shown.story[i] ? searchable(shown.story[i]) : '';
      return sought.every((word) => id.includes(word) || story.includes(word));
    });
  }
  const by = {
    most: (i) => -equal[i],
    least: (i) => equal[i],
    alike: (i) => -shown.similarity[i],
    unlike: (i) => shown.similarity[i],
  }[wanted.sort];
  if (by) found = found.toSorted((a, b) => by(a) - by(b));
  const row = (i) =>
    el(
      'a',
      { href: address({ view: 'respondents', condition: keyOf(shown), respondent: study.ids[i] }) },
      el('b', {}, study.ids[i]),
      el('span', { class: 'side' }, `${equal[i]} of ${both[i]} equal`),
      el('span', { class: 'line' }, traitsOf(i).join(' · ')),
      shown.numbers[i] === null ? null : el('span', { class: 'line quiet' }, storyLine(shown, i)),
    );
  return {
    found, row, all: all.length, name: 'Respondents', nouns: ['respondent', 'respondents'],
  };
}

function traitsOf(person) {
  const { traits, trait_values: values } = known.study;
  return traits.map((trait, i) => trait.options[values[i][person]]).filter((text) => text !== undefined);
}

function storyLine(condition, person) {
  const alike = condition.similarity[person];
  if (alike === null) return 'a story written for this respondent';
  return `story ${condition.numbers[person]}, similarity ${alike}`;
}

// One respondent and the persona that stands for them.
async function respondentView(finder, state) {
  const { study } = known;
  const { shown, person } = state;
  await need('texts');
  const details = await block(`condition-${study.conditions.indexOf(shown)}`);
  if (shown.numbers[person] !== null && shown.matching) await need('stories');
  const { equal, both } = agreement(shown);
  return [
    backLink(state),
    el(
      'div',
      { class: 'title' },
      el('h2', { tabindex: '-1' }, `Respondent ${study.ids[person]}`),
      neighbours(finder, person, (i) => address({ ...state.hash, respondent: study.ids[i] })),
    ),
    el(
      'p',
      {},
      `${titleOf(shown)}: ${equal[person]} of ${both[person]} items answered as the respondent did` +
        (shown.numbers[person] === null ? '' : `; ${storyLine(shown, person)}`),
      '.',
    ),
    traitTable(shown, person),
    ...storyOf(shown, person),
    ...(shown.present[person]
      ? answersAndPrompt({ ...state, details })
      : [el('p', { class: 'quiet' }, 'This condition has no persona for the respondent.')]),
    ...matrix(state),
  ];
}

function backLink(state) {
  const { respondent, story, item, ...rest } = state.hash;
  return el('a', { class: 'back', href: address(rest) }, 'Back to the list');
}

function neighbours(finder, index, link) {
  const at = finder.found.indexOf(index);
  const to = (place, text) =>
    at >= 0 && place >= 0 && place < finder.found.length
      ? el('a', { href: link(finder.found[place]), rel: text.toLowerCase() }, text)
      : el('span', { class: 'quiet' }, text);
  return el('nav', { 'aria-label': 'Neighbours in the list' }, to(at - 1, 'Previous'), ' ', to(at + 1, 'Next'));
}

function traitTable(condition, person) {
  const { study, stories } = known;
  const matched = condition.matching !== null && condition.numbers[person] !== null;
  const story = matched ? stories.numbers.indexOf(condition.numbers[person]) : -1;
  const asked = new Map(story < 0 ? [] : stories.traits.map((trait) => [trait.name, trait]));
  const own = new Map(study.traits.map((trait, i) => [trait.name, trait.options[study.trait_values[i][person]]]));
  const names = [...new Set([...own.keys(), ...asked.keys()])];
  const rows = names.map((name) =>
    el(
      'tr',
      {},
      el('th', { scope: 'row', class: 'name' }, name),
      el('td', { class: 'own' }, own.get(name) ?? el('span', { class: 'quiet' }, 'not known')),
      story < 0 ? null : el('td', { class: 'says' }, asked.has(name)
        ? distribution(asked.get(name), story, { all: false })
        : el('span', { class: 'quiet' }, 'not asked')),
    ),
  );
  const heads = ['Trait', 'Respondent', ...(story < 0 ? [] : ['The story, asked who it is'])];
  return scrolled('Traits', el(
    'table',
    { class: 'traits' },
    el('thead', {}, el('tr', {}, heads.map((text) => el('th', { scope: 'col' }, text)))),
    el('tbody', {}, rows),
  ));
}

function storyOf(condition, person) {
  const pieces = condition.story[person];
  if (!pieces) return [heading('Story'), el('p', { class: 'quiet' }, 'This condition has no stories.')];
  const number = condition.numbers[person];
  const more = condition.matching === null ? '' : el('a', { href: address({ view: 'stories', story: number }) },
    `story ${number} and whom else it stands for`);
  return [heading('Story'), passage(put(pieces), 'Story'), el('p', {}, more)];
}
