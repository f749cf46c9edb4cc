const finders = {};
const narrow = window.matchMedia('(max-width: 899px)');

// What the address asks for, as far as it is there.
function stateOf(hash) {
  const { study } = known;
  const view = hash.view === 'stories' && matchings().length ? 'stories' : 'respondents';
  const shown =
    study.conditions.find((one) => keyOf(one) === hash.condition) ??
    study.conditions.find((one) => one.name === hash.condition) ??
    study.conditions[0];
  const wanted = view === 'stories' ? hash.story : hash.respondent;
  return { view, shown, wanted, hash: { ...hash, view }, person: study.ids.indexOf(hash.respondent) };
}

function showModes(view) {
  const modes = [['respondents', 'Respondents']];
  if (matchings().length) modes.push(['stories', 'Stories']);
  const links = modes.map(([name, text]) =>
    el('a', { href: address({ view: name }), 'aria-current': name === view ? 'page' : null }, text),
  );
  document.getElementById('modes').replaceChildren(...links);
}

let turns = 0;
let before = {};
let listed = {};

async function show() {
  const mine = ++turns;
  const state = stateOf(place());
  const stories = state.view === 'stories';
  if (stories) await need('stories');
  if (stories) state.story = known.stories.numbers.map(String).indexOf(state.wanted);
  if (mine !== turns) return;
  showModes(state.view);
  provenance(stories ? sourcesOfStories() : sourcesOf(state.shown));
  document.body.classList.toggle('chosen', state.wanted !== undefined);
  document.title = [state.wanted ?? state.view, known.study.survey].join(', ');

  // The list is rebuilt when it is another one; otherwise only the selection moves.
  const finder = (finders[state.view] ??= new Finder(document.getElementById('find')));
  finder.choose(stories ? state.story : state.person);
  if (listed.view !== state.view || (!stories && listed.shown !== state.shown)) {
    listed = state;
    await (stories ? showStories : showRespondents)(finder, state);
  }
  const nodes = await view(finder, state);
  if (mine !== turns) return;
  document.getElementById('shown').replaceChildren(...nodes);
  // What is asked now stands at the end of a prompt.
  for (const prompt of document.querySelectorAll('.prompt pre')) prompt.scrollTop = prompt.scrollHeight;
  settle(finder, state);
  before = state;
}

async function view(finder, state) {
  if (state.wanted === undefined) {
    const text = `Choose one of the ${state.view} in the list; arrow keys move through it.`;
    return [el('p', { class: 'empty' }, text)];
  }
  if (finder.chosen < 0) {
    const text = `There is no ${state.wanted} among the ${state.view}.`;
    return [backLink(state), el('p', { class: 'trouble' }, text)];
  }
  return state.view === 'stories' ? storyView(finder, state) : respondentView(finder, state);
}

// Where list and thing found take turns on a narrow screen, the reader goes on where they were.
function settle(finder, state) {
  if (!narrow.matches || before.wanted === state.wanted) return;
  if (state.wanted === undefined) return;
  window.scrollTo(0, 0);
  document.querySelector('#shown h2')?.focus({ preventScroll: true });
}

function sourcesOf(condition) {
  return [
    ['Respondents', known.study.source],
    ['Stories', condition.stories],
    ['Traits of stories', condition.traits],
    ['Answers', condition.answers],
  ];
}

function sourcesOfStories() {
  return [
    ['Respondents', known.study.source],
    ['Stories', known.stories.source],
    ['Traits of stories', known.stories.traits_source],
  ];
}

async function open() {
  if (!('DecompressionStream' in window)) {
    throw new Error('This browser is too old for this page; use one from 2023 or later.');
  }
  await need('study');
  document.getElementById('survey').textContent = known.study.survey;
  await show();
  window.addEventListener('hashchange', () => report(show()));
  document.documentElement.dataset.ready = 'list';
  // What searching and single personas need is unpacked while the list is read.
  await need('texts', 'stories');
  document.documentElement.dataset.ready = 'all';
}

function report(work) {
  work.catch((error) => {
    const text = String(error.message);
    document
      .getElementById('find')
      .replaceChildren(el('p', { class: 'trouble', role: 'alert' }, text));
  });
}

report(open());
