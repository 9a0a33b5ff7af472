// The conversation on the page. What people wrote reaches the document as text only, never as markup.

const mostEntries = 500;
const runLength = 5 * 60_000; // ms in which messages of one person stand under one name
const hues = [28, 62, 110, 155, 205, 250, 295, 345];
const clock = new Intl.DateTimeFormat([], { timeStyle: 'short' });

export class Log {
  #element;
  #newer;
  #pinned = true;
  #last = { name: undefined, at: 0 };

  /**
   * @param {HTMLElement} element holds the entries and scrolls
   * @param {HTMLButtonElement} newer leads to the newest entry, shown while the reader is elsewhere
   */
  constructor(element, newer) {
    this.#element = element;
    this.#newer = newer;
    element.addEventListener('scroll', () => {
      this.#pinned = element.scrollHeight - element.scrollTop - element.clientHeight < 60;
      if (this.#pinned) newer.hidden = true;
    });
    newer.addEventListener('click', () => this.#follow());
    // The keyboard of a phone takes half of the room: the newest entry stays in sight.
    new ResizeObserver(() => this.#pinned && this.#follow()).observe(element);
  }

  message(name, text, own) {
    const at = Date.now();
    const run = this.#last.name === name && at - this.#last.at < runLength;
    this.#last = { name, at };
    const article = make('article', own ? 'message own' : 'message');
    article.classList.toggle('run', run);
    article.style.setProperty('--hue', hueOf(name));
    const byline = make('p', run ? 'unseen' : 'byline');
    const time = make('time', '', clock.format(at));
    time.dateTime = new Date(at).toISOString();
    byline.append(make('bdi', own ? 'unseen' : 'name', own ? 'You' : name), ' ', time);
    const body = make('p', 'body', text);
    body.dir = 'auto';
    article.append(byline, body);
    this.#append(article, own);
  }

  /** @param {(string | Node)[]} parts a sentence that is nobody's message */
  notice(...parts) {
    this.#last = { name: undefined, at: 0 };
    const notice = make('p', 'notice');
    notice.append(...parts);
    this.#append(notice, false);
  }

  error(reason) {
    this.#last = { name: undefined, at: 0 };
    this.#append(make('p', 'notice error', reason), true);
  }

  #append(entry, follow) {
    this.#element.append(entry);
    while (this.#element.childElementCount > mostEntries) this.#element.firstElementChild.remove();
    if (this.#pinned || follow) this.#follow();
    else this.#newer.hidden = false;
  }

  #follow() {
    this.#pinned = true;
    this.#newer.hidden = true;
    this.#element.scrollTop = this.#element.scrollHeight;
  }
}

/** A name within a sentence: its direction of writing stays its own. */
export const nameOf = (name) => make('bdi', 'name', name);

function make(tag, className, text = '') {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

/** The same colour for the same name, on every screen. */
function hueOf(name) {
  let hash = 7;
  for (const character of name) hash = (hash * 31 + character.codePointAt(0)) % 9973;
  return hues[hash % hues.length];
}
