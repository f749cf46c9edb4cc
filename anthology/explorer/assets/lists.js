const ROWS_SHOWN = 50;

// A list of which one page is shown: `row(index)` gives the link of one thing that was found.
// `chosen()` is the one that the reader looks at.
function paged(found, row, chosen, name) {
  let first = 0;
  const list = el('ul', { class: 'rows', 'aria-label': name, onkeydown: step });
  const pager = el('div', { class: 'pager' });

  function step(event) {
    const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!way || event.target.tagName !== 'A') return;
    event.preventDefault();
    const links = [...list.querySelectorAll('a')];
    links[links.indexOf(event.target) + way]?.focus();
  }

  function turn(to) {
    first = to;
    draw();
    list.scrollIntoView({ block: 'nearest' });
  }

  function draw() {
    const last = Math.min(first + ROWS_SHOWN, found.length);
    list.replaceChildren(
      ...found.slice(first, last).map((index) => {
        const link = row(index);
        link.dataset.index = index;
        return el('li', {}, link);
      }),
    );
    const button = (text, to, may) =>
      el('button', { type: 'button', disabled: !may, onclick: () => turn(to) }, text);
    pager.replaceChildren(
      button('Previous', first - ROWS_SHOWN, first > 0),
      el('span', {}, found.length ? `${count(first + 1)} to ${count(last)}` : 'none'),
      button('Next', first + ROWS_SHOWN, last < found.length),
    );
    pager.hidden = found.length <= ROWS_SHOWN;
    mark();
  }

  function mark() {
    for (const link of list.querySelectorAll('a')) {
      if (link.dataset.index === String(chosen())) link.setAttribute('aria-current', 'true');
      else link.removeAttribute('aria-current');
    }
  }

  // Shows the page that holds the chosen one.
  function follow() {
    const at = found.indexOf(chosen());
    if (at >= 0) first = at - (at % ROWS_SHOWN);
    draw();
  }

  follow();
  return { element: el('div', {}, pager, list), list, follow, mark };
}

function eventually(action) {
  let waiting;
  return () => {
    clearTimeout(waiting);
    waiting = setTimeout(action, 150);
  };
}

const words = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);

// One way of finding things: controls above a list. What is chosen stays while the reader is
// elsewhere.
class Finder {
  constructor(section) {
    this.section = section;
    this.wanted = {};
    this.found = [];
    this.chosen = -1;
    this.searches = 0;
    this.status = el('p', { class: 'status', role: 'status' });
    this.list = el('div', { class: 'list' });
  }

  // `controls` sets the values of `wanted`; `find` returns the indices that fit, in order.
  show(controls, search) {
    this.search = search;
    const reset = el('button', { type: 'button', onclick: () => this.reset() }, 'Clear all filters');
    this.section.replaceChildren(
      el('form', { onsubmit: (event) => event.preventDefault() }, controls),
      el('div', { class: 'outcome' }, this.status, reset),
      this.list,
    );
    return this.update();
  }

  want(key, value) {
    if (value === '') delete this.wanted[key];
    else this.wanted[key] = value;
    this.update();
  }

  reset() {
    this.wanted = {};
    for (const control of this.section.querySelectorAll('select, input')) {
      if (control.dataset.stays === undefined) control.value = '';
    }
    this.update();
  }

  text(key, label, hint) {
    const control = el('input', { type: 'search', autocomplete: 'off', value: this.wanted[key] ?? '' });
    control.addEventListener('input', eventually(() => this.want(key, control.value)));
    return labelled(label, control, hint);
  }

  choice(key, label, options, any = 'any') {
    const set = (value) => this.want(key, value);
    return labelled(label, choice([['', any], ...options], this.wanted[key] ?? '', set));
  }

  number(key, label, hint) {
    const control = el('input', {
      type: 'number', min: '0', max: '1', step: 'any', inputmode: 'decimal', value: this.wanted[key] ?? '',
    });
    control.addEventListener('input', eventually(() => this.want(key, control.value)));
    return labelled(label, control, hint);
  }

  traits(traits, values) {
    return traits.map((trait, i) => {
      const options = trait.options.map((text, place) => [String(place), text]);
      if (values(i).includes(-1)) options.push(['-1', 'not known']);
      return this.choice(`trait ${i}`, trait.name, options);
    });
  }

  more(summary, controls) {
    const open = Object.keys(this.wanted).some((key) => key !== 'text' && key !== 'sort');
    return el('details', { open }, el('summary', {}, summary), el('div', { class: 'grid' }, controls));
  }

  async update() {
    const mine = ++this.searches;
    const { found, all, row, name, nouns } = await this.search(this.wanted);
    if (mine !== this.searches) return;
    this.found = found;
    this.status.textContent =
      found.length === all ? plural(all, ...nouns) : `${count(found.length)} of ${plural(all, ...nouns)}`;
    this.pages = paged(found, row, () => this.chosen, name);
    this.list.replaceChildren(this.pages.element);
  }

  // Marks what the reader looks at, on its page of the list.
  choose(index) {
    this.chosen = index;
    if (!this.pages || index < 0) this.pages?.mark();
    else if (this.pages.list.querySelector(`a[data-index="${index}"]`)) this.pages.mark();
    else this.pages.follow();
  }

  focus() {
    this.section.querySelector('[aria-current=true]')?.focus();
  }
}

// Keeps those of some indices that have all the chosen values of their traits.
function withTraits(indices, wanted, values) {
  return Object.entries(wanted)
    .filter(([key]) => key.startsWith('trait '))
    .reduce((left, [key, value]) => {
      const column = values(Number(key.slice('trait '.length)));
      return left.filter((index) => column[index] === Number(value));
    }, indices);
}
