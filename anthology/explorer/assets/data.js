'use strict';

// What the page holds, each block unpacked once, when it is first needed.
const unpacked = new Map();

function block(name) {
  if (!unpacked.has(name)) unpacked.set(name, unpack(name));
  return unpacked.get(name);
}

async function unpack(name) {
  const holder = document.getElementById(`block-${name}`);
  const letters = atob(holder.textContent);
  holder.remove();
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
  return new Response(stream).json();
}

const known = {}; // study, texts, stories: blocks that are here, for what cannot wait.

async function need(...names) {
  for (const name of names) known[name] = await block(name);
}

const keyOf = (condition) => `${condition.model}/${condition.name}`;

function titleOf(condition) {
  const models = new Set(known.study.conditions.map((one) => one.model));
  return models.size > 1 ? `${condition.name} (${condition.model})` : condition.name;
}

const textAt = (place) => known.texts[place];

const put = (pieces) => pieces.map(textAt).join('');

// Stories in small letters, for searching; kept, since every letter typed searches them all.
const lowered = new Map();

function searchable(pieces) {
  const key = pieces.join();
  if (!lowered.has(key)) lowered.set(key, put(pieces).toLowerCase());
  return lowered.get(key);
}

// For every respondent how many items a condition's persona answers as the respondent did, and how
// many both answered.
const compared = new Map();

function agreement(condition) {
  if (!compared.has(condition)) {
    const human = known.study.positions;
    const equal = known.study.ids.map(() => 0);
    const both = known.study.ids.map(() => 0);
    condition.positions.forEach((answers, item) => {
      answers.forEach((answer, person) => {
        if (answer < 0 || human[item][person] < 0) return;
        both[person] += 1;
        if (answer === human[item][person]) equal[person] += 1;
      });
    });
    compared.set(condition, { equal, both });
  }
  return compared.get(condition);
}

// The likeliest option of each story for a trait: the first of those that are named most often,
// -1 where there is no answer.
function likeliest(counts) {
  if (!counts) return -1;
  const most = Math.max(...counts);
  return most > 0 ? counts.indexOf(most) : -1;
}

// For each matching its respondents by the number of their story.
const matchedBy = new Map();

function respondentsOf(matching) {
  if (!matchedBy.has(matching)) {
    const condition = known.study.conditions.find((one) => one.matching === matching);
    const found = new Map();
    condition.numbers.forEach((number, person) => {
      if (number === null) return;
      if (!found.has(number)) found.set(number, []);
      found.get(number).push(person);
    });
    matchedBy.set(matching, found);
  }
  return matchedBy.get(matching);
}

function matchings() {
  const used = known.study.conditions.map((one) => one.matching);
  return [...new Set(used.filter((name) => name !== null))];
}

// The pieces of every prompt of one persona, in the order in which items were asked.
function prompts([, ...steps]) {
  let before = [];
  return steps.map(([shared, ...own]) => {
    before = [...before.slice(0, shared), ...own];
    return before;
  });
}
