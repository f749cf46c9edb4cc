const SPEAKERS = ['system', 'user', 'assistant'];

// What was answered to each item, and below it the prompt of the one that is chosen.
function answersAndPrompt(state) {
  const { study } = known;
  const { shown, person, details } = state;
  const [order] = details.shown[person];
  const chosen = study.items.findIndex((one) => one.name === state.hash.item);
  const current = chosen < 0 ? order[0] : chosen;
  const heads = ['Item', 'Respondent', 'Persona', 'Replies', 'Last reply'];
  const part = (column, ...content) => el('td', { 'data-head': heads[column] }, ...content);
  const rows = study.items.map((item, i) => {
    const link = address({ ...state.hash, item: item.name });
    const [human, answer] = [study.positions[i][person], shown.positions[i][person]];
    return el(
      'tr',
      {},
      el(
        'th',
        { scope: 'row' },
        item.wording,
        el('a', { class: 'show', href: link, 'aria-current': i === current ? 'true' : null },
          `prompt ${order.indexOf(i) + 1} of ${order.length}: ${item.name}`),
      ),
      part(1, optionOf(item, human)),
      part(2, swatch(farness(item, answer, human)), optionOf(item, answer), sharesOf(item, details, i, person)),
      part(3, outcomesOf(details, i, person)),
      part(4, el('code', {}, textAt(details.last[i][person]))),
    );
  });
  const table = el(
    'table',
    { class: 'answers' },
    el('thead', {}, el('tr', {}, heads.map((text) => el('th', { scope: 'col' }, text)))),
    el('tbody', {}, rows),
  );
  return [heading('Answers'), scrolled('Answers', table), ...promptOf(state, order, current)];
}

function optionOf(item, position) {
  if (position < 0) return el('span', { class: 'quiet' }, 'no answer');
  return `${position + 1}. ${item.options[position]}`;
}

function sharesOf(item, details, i, person) {
  const shares = details.shares?.[i][person];
  return shares ? bars(item.options.map((text, place) => ({ text, share: shares[place] }))) : null;
}

function outcomesOf(details, i, person) {
  const counts = details.outcomes[details.outcome[i][person]] ?? [];
  const said = counts.map((number, kind) => [number, known.study.outcomes[kind]]);
  return said.filter(([number]) => number).map(([n, what]) => `${n} ${what}`).join(', ');
}

function promptOf(state, order, current) {
  const { study } = known;
  const pieces = prompts(state.details.shown[state.person])[order.indexOf(current)];
  const turns = [];
  for (const piece of pieces) {
    if (piece < 0) turns.push({ speaker: SPEAKERS[-1 - piece], text: '' });
    else if (turns.length) turns.at(-1).text += textAt(piece);
    else turns.push({ speaker: null, text: textAt(piece) });
  }
  // A text for a base model begins with no speaker, and then none follows.
  const merged = turns[0].speaker === null ? [{ speaker: null, text: put(pieces) }] : turns;
  const items = order.map((i, place) => [String(i), `${place + 1}. ${study.items[i].name}`]);
  const go = (i) => {
    location.hash = address({ ...state.hash, item: study.items[i].name });
  };
  return [
    heading('Prompt'),
    labelled('Item, in the order asked', choice(items, String(current), go)),
    el('p', { class: 'quiet' }, merged[0].speaker === null
      ? 'The text that the model was given to continue, to the letter; what is asked stands at its end.'
      : 'The messages that the model was given to reply to, to the letter; what is asked stands last.'),
    ...merged.map(({ speaker, text }) =>
      el(
        'div',
        { class: 'prompt' },
        speaker ? el('p', { class: 'speaker' }, speaker) : null,
        el('pre', { tabindex: '0', 'aria-label': speaker ? `said by ${speaker}` : 'prompt' }, text),
      )),
    el('p', {}, 'Last reply: ', el('code', {}, textAt(state.details.last[current][state.person]))),
  ];
}

// The same respondent in all conditions: one row an item, one column a condition.
function matrix(state) {
  const { study } = known;
  const { person } = state;
  const columns = study.conditions.map((condition) => ({ condition, answers: condition.positions }));
  const head = columns.map(({ condition }) =>
    el(
      'th',
      { scope: 'col', class: condition === state.shown ? 'slanted here' : 'slanted' },
      el('a', { href: address({ ...state.hash, condition: keyOf(condition) }) }, titleOf(condition)),
    ));
  const rows = study.items.map((item, i) =>
    el(
      'tr',
      {},
      el('th', { scope: 'row' }, el('span', { class: 'wording' }, item.wording),
        el('span', { class: 'variable' }, item.name)),
      cell(item, study.positions[i][person], null),
      columns.map(({ answers }) => cell(item, answers[i][person], study.positions[i][person])),
    ));
  const equal = columns.map(({ condition }) => el('td', {}, String(agreement(condition).equal[person])));
  const table = el(
    'table',
    { class: 'matrix' },
    el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, 'Item'),
      el('th', { scope: 'col', class: 'slanted' }, 'respondent'), head)),
    el('tbody', {}, rows),
    el('tfoot', {}, el('tr', {}, el('th', { scope: 'row' }, 'Items equal'), el('td', {}), equal)),
  );
  const possible = new Set(study.items.flatMap((item) => item.options.map((_, i) => farness(item, i, 0))));
  const steps = ['equal', 'up to a quarter of the scale', 'up to half', 'up to three quarters', 'further'];
  return [
    heading('The same respondent in every condition'),
    el('p', { class: 'quiet' },
      'Options are numbered in the survey’s order. The darker, the further from the respondent; an ' +
        'unequal answer to an item without an order is shown as half the scale.'),
    scrolled('All conditions', table),
    el('ul', { class: 'legend' },
      steps.map((text, i) => (possible.has(i) ? el('li', {}, swatch(i), text) : null)),
      el('li', {}, '– no answer')),
  ];
}

function cell(item, answer, human) {
  if (answer < 0) return el('td', { class: 'missing' }, '–');
  const text = String(answer + 1);
  const title = item.options[answer];
  const step = farness(item, answer, human ?? -1);
  return el('td', { class: step === null ? null : `far${step}`, title }, text);
}

// How far an answer is from the respondent's, in quarters of the scale; null where one is missing.
function farness(item, answer, human) {
  if (answer < 0 || human < 0) return null;
  if (answer === human) return 0;
  return item.ordinal ? Math.ceil((4 * Math.abs(answer - human)) / (item.options.length - 1)) : 2;
}

function swatch(step) {
  return step === null ? null : el('span', { class: `swatch far${step}`, 'aria-hidden': 'true' });
}
