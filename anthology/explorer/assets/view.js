// Elements are made here and nowhere else; what stands in them is always text, never markup.
function el(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (key === 'value') element.value = value;
    else element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

const count = (number) => number.toLocaleString('en-US');
const percent = (share) => `${Math.round(share * 100)}%`;
const plural = (number, one, many) => `${count(number)} ${number === 1 ? one : many}`;

// Where the reader is stands after the # of the address, so that a link leads there.
function place() {
  return Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
}

function address(changes) {
  const parts = Object.entries(changes).filter(([, value]) => value !== null && value !== undefined);
  return `#${new URLSearchParams(parts)}`;
}

function labelled(label, control, hint) {
  control.id ||= `control-${label.toLowerCase().replace(/[^a-z]+/g, '-')}`;
  return el(
    'div',
    { class: 'control' },
    el('label', { for: control.id }, label, hint ? el('small', {}, ` ${hint}`) : null),
    control,
  );
}

function choice(options, chosen, onchange) {
  const made = options.map(([value, text]) => el('option', { value }, text));
  const control = el('select', { onchange: (event) => onchange(event.target.value) }, made);
  control.value = chosen;
  return control;
}

function bars(rows) {
  return el(
    'ul',
    { class: 'bars' },
    rows.map((row) => {
      const bar = el('span', { class: 'fill' });
      bar.style.width = `${100 * row.share}%`;
      return el(
        'li',
        { class: row.share ? null : 'none' },
        el('span', { class: 'option' }, row.text),
        el('span', { class: 'track', 'aria-hidden': 'true' }, bar),
        el('span', { class: 'number' }, percent(row.share)),
      );
    }),
  );
}

// What one story answered about one trait.
function distribution(trait, story, { all }) {
  const counts = trait.counts[story];
  const total = counts ? counts.reduce((sum, one) => sum + one, 0) : 0;
  if (!total) return el('p', { class: 'quiet' }, 'no readable answer');
  const rows = trait.options.map((text, i) => ({ text, share: counts[i] / total }));
  const [declined, unreadable, unseen] = trait.rest[story];
  const rest = [
    [declined, 'declined'],
    [unreadable, 'unreadable'],
    [unseen, 'not shown by the model'],
  ];
  const said = rest.filter(([number]) => number > 0).map(([n, what]) => `${n} ${what}`);
  const of = trait.stated[story]
    ? 'stated in the story'
    : `of ${plural(Math.round(total * 100) / 100, 'answer', 'answers')}`;
  return el(
    'div',
    {},
    bars(all ? rows : rows.filter((row) => row.share > 0)),
    el('p', { class: 'quiet' }, [of, ...said].join('; ')),
  );
}

function heading(text, ...more) {
  return el('h3', {}, text, ...more);
}

// A text that someone wrote, as it is.
function passage(text, name) {
  return el('div', { class: 'passage', role: 'group', 'aria-label': name }, text);
}

function scrolled(name, table) {
  return el('div', { class: 'scrolled', role: 'region', 'aria-label': name, tabindex: '0' }, table);
}

function isSimulated(source) {
  return source.split(' + ').some((one) => one === 'simulated' || one.startsWith('simulated ('));
}

// Says on top of every view where what it shows comes from.
function provenance(rows) {
  const { source } = known.study;
  const notice = document.getElementById('notice');
  const shown = rows.filter(([, from]) => from);
  const simulated = shown.filter(([, from]) => isSimulated(from)).map(([what]) => what.toLowerCase());
  const people = isSimulated(source)
    ? 'The respondents are simulated: none of these people exist.'
    : 'This page holds the answers of respondents to a survey. Protect it like the survey’s file, ' +
      'and do not share it.';
  const rest = simulated.length ? ` Synthetic, without evidential value: ${simulated.join(', ')}.` : '';
  notice.classList.toggle('private', !isSimulated(source));
  notice.textContent =
    simulated.length === shown.length
      ? 'All of this is synthetic: none of these people exist, and nothing here has evidential value.'
      : people + rest;
  document
    .getElementById('sources')
    .replaceChildren(...shown.map(([what, from]) => el('div', {}, el('dt', {}, what), el('dd', {}, from))));
}
