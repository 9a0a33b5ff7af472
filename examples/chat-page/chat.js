import { Connection } from './connection.js';
import { Log, nameOf } from './log.js';

const stateText = { connecting: 'connecting…', open: 'connected', reconnecting: 'reconnecting…' };

const element = (id) => document.getElementById(id);
const room = element('room');
const draft = element('draft');
const greeting = element('greeting');
const nameField = element('name');
const log = new Log(element('log'), element('newer'));

/** What the others call us: the server may have had to add a number. */
let myName = '';
let wasHere = false;

const connection = new Connection(showState, (event) => {
  switch (event.type) {
    case 'welcome':
      log.notice(wasHere ? 'You are back as ' : 'You joined as ', nameOf(event.name));
      wasHere = true;
      myName = event.name;
      element('me-name').textContent = myName;
      element('me').hidden = false;
      showCount(event.count);
      if (event.count === 1) log.notice('Nobody else is here yet. Open this page in a second window, or on a phone.');
      break;
    case 'joined':
    case 'left':
      log.notice(nameOf(event.name), ` ${event.type}`);
      showCount(event.count);
      break;
    case 'message':
      log.message(event.name, event.text, event.name === myName);
      break;
    case 'error':
      log.error(event.reason);
      break;
  }
});

function showState(state) {
  room.dataset.state = state;
  element('status').textContent = stateText[state];
  element('send').disabled = state !== 'open';
  draft.placeholder = state === 'open' ? 'Say something' : 'You can write meanwhile';
}

function showCount(count) {
  element('count').textContent = count === 1 ? 'Just you on the line' : `${count} on the line`;
}

// The composer: Enter sends, Shift+Enter begins a line.

element('composer').addEventListener('submit', (event) => {
  event.preventDefault();
  const text = draft.value.trim();
  if (text !== '' && connection.say(text)) draft.value = '';
  fitDraft();
  draft.focus();
});

draft.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  element('composer').requestSubmit(element('send').disabled ? null : element('send'));
});

draft.addEventListener('input', fitDraft);

/** As high as its text; the style sheet sets the limit. */
function fitDraft() {
  draft.style.height = 'auto';
  draft.style.height = `${draft.scrollHeight}px`;
}

// The name: asked for once, changed by a click on it.

element('greeting-form').addEventListener('submit', () => {
  const name = nameField.value.trim();
  if (name === '' || name === connection.name) return;
  remember(name);
  wasHere = false;
  connection.start(name);
});

nameField.addEventListener('input', () => {
  nameField.setCustomValidity(nameField.value.trim() === '' ? 'A name has at least one letter.' : '');
});

greeting.addEventListener('close', () => {
  if (connection.name === undefined)
    askForName(); // for browsers that do not know `closedBy`
  else draft.focus();
});

element('me').addEventListener('click', askForName);

function askForName() {
  nameField.value = remembered();
  greeting.closedBy = connection.name === undefined ? 'none' : 'closerequest'; // Escape is no way in without a name
  greeting.showModal();
  nameField.select();
}

function remembered() {
  try {
    return localStorage.getItem('name') ?? '';
  } catch {
    return ''; // storage is switched off
  }
}

function remember(name) {
  try {
    localStorage.setItem('name', name);
  } catch {
    // Storage is switched off: the name will be asked for again.
  }
}

if (remembered() === '') askForName();
else connection.start(remembered());
