// @ts-check
const { made, agents, sections } = JSON.parse(document.getElementById('data')?.textContent ?? '{}');

/** An element with properties and children; text stays text. */
function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

const worstFirst = ['FAILED', 'UNIMPLEMENTED', 'NON-STRICT', 'INFORMATIONAL', 'OK'];
const closeClass = (verdict) => (worstFirst.includes(verdict) ? verdict : 'FAILED');
const verdictClass = ({ behavior, behaviorClose }) =>
  worstFirst.find((verdict) => verdict === behavior || verdict === closeClass(behaviorClose)) ?? 'FAILED';
const label = ({ behavior, behaviorClose }) =>
  behavior === 'OK' && !['OK', 'INFORMATIONAL'].includes(behaviorClose) ? behaviorClose : behavior;
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

function summary() {
  const head = ['Section', ...agents.map(({ name, duration }) => `${name} · ${seconds(duration)}`)];
  const rows = sections.map(({ number, title, cases }) => {
    const cells = agents.map((_, at) => counts(cases.map(({ results }) => results[at]).filter(Boolean)));
    const link = element('a', { href: `#section-${number}` }, `${number} ${title}`);
    return element('tr', {}, element('th', {}, link), ...cells);
  });
  const total = agents.map((_, at) =>
    counts(sections.flatMap(({ cases }) => cases.map(({ results }) => results[at])).filter(Boolean)),
  );
  document
    .getElementById('summary')
    ?.append(
      element('thead', {}, element('tr', {}, ...head.map((text) => element('th', {}, text)))),
      element('tbody', {}, ...rows, element('tr', {}, element('th', {}, 'All'), ...total)),
    );
}

function counts(results) {
  const cell = element('td');
  const passed = results.filter((result) => result.passed).length;
  const worst = worstFirst.find(
    (verdict) => verdict !== 'INFORMATIONAL' && results.some((result) => verdictClass(result) === verdict),
  );
  cell.append(
    element(
      'span',
      { className: `count ${passed === results.length ? 'OK' : worst}` },
      `${passed} of ${results.length}`,
    ),
  );
  return cell;
}

function sectionOf({ number, title, cases }) {
  const ok = cases.every(({ results }) => results.every((result) => result === null || result.passed));
  const box = element('details', { className: 'section', id: `section-${number}`, open: !ok });
  const fill = () => {
    if (box.childElementCount === 1) box.append(...cases.map(caseOf));
  };
  box.append(element('summary', {}, `${number} ${title}`, element('span', {}, `${cases.length} cases`)));
  box.addEventListener('toggle', fill);
  if (!ok) fill();
  return box;
}

function caseOf(shown) {
  const { id, title, results } = shown;
  const chips = results.map((result, at) => {
    if (result === null) return '';
    const { name } = agents[at];
    const chip = element(
      'button',
      { type: 'button', className: `chip ${verdictClass(result)}`, title: name },
      label(result),
    );
    chip.setAttribute('aria-expanded', 'false');
    chip.setAttribute('aria-label', `${name}: ${label(result)}`);
    chip.id = `${encodeURIComponent(name)}/${id}`;
    chip.addEventListener('click', () => toggle(box, chip, shown, at));
    return chip;
  });
  const box = element('div', { className: 'case' });
  box.classList.toggle(
    'fine',
    results.every((result) => result === null || result.passed),
  );
  box.append(
    element(
      'div',
      { className: 'row' },
      element('code', {}, id),
      element('span', { className: 'title' }, title),
      element('span', { className: 'chips' }, ...chips),
    ),
  );
  return box;
}

function toggle(box, chip, shown, at) {
  const open = chip.getAttribute('aria-expanded') === 'true';
  for (const other of box.querySelectorAll('.chip')) other.setAttribute('aria-expanded', 'false');
  box.querySelector('.details')?.remove();
  if (open) return;
  chip.setAttribute('aria-expanded', 'true');
  box.append(detailsOf(shown, shown.results[at], agents[at]));
}

function detailsOf({ expectation, outcomes }, result, { name, role }) {
  const facts = [
    ['Expected', expectation],
    ['That is', outcomes.join(' · ')],
    ['Seen', result.seen.join(', ') || 'nothing'],
    ['Behaviour', result.behavior],
    ['Closing', `${result.behaviorClose}. ${result.resultClose}`],
    ['Time', `${result.duration} ms`],
  ];
  const rows = result.wire.map(({ at, who, what, payload = '' }) =>
    element(
      'tr',
      { className: who },
      element('td', { className: 'at' }, `${at} ms`),
      element('td', {}, who === 'peer' ? `← ${role}` : '→ suite'),
      element('td', {}, what),
      element('td', { className: 'payload' }, payload),
    ),
  );
  const box = element(
    'div',
    { className: 'details' },
    element('h3', {}, name),
    element('dl', {}, ...facts.flatMap(([term, fact]) => [element('dt', {}, term), element('dd', {}, fact)])),
    element('div', { className: 'scroll' }, element('table', { className: 'wire' }, ...rows)),
  );
  if (result.handshake) {
    const heads = `${result.handshake.request.trimEnd()}\n\n${result.handshake.response.trimEnd()}`;
    box.append(element('details', {}, element('summary', {}, 'Handshake'), element('pre', {}, heads)));
  }
  return box;
}

/** Open the case that the address names: `#agent/6.4.1`. */
function openNamed() {
  const hash = location.hash.slice(1);
  const [, id = ''] = /\/([\d.]+)$/.exec(hash) ?? [];
  const section = document.getElementById(`section-${id.split('.')[0]}`) ?? document.getElementById(hash);
  if (!(section instanceof HTMLDetailsElement)) return;
  section.open = true;
  section.dispatchEvent(new Event('toggle'));
  const chip = document.getElementById(hash);
  if (chip?.getAttribute('aria-expanded') === 'false') chip.click();
  (chip ?? section).scrollIntoView({ block: 'center' });
}

const lead = document.getElementById('lead');
if (lead)
  lead.textContent = `${sections.reduce((sum, { cases }) => sum + cases.length, 0)} cases, ${new Date(made).toLocaleString()}. A verdict opens to what went over the wire.`;
summary();
const list = document.getElementById('sections');
list?.append(...sections.map(sectionOf));
document.getElementById('only')?.addEventListener('change', ({ target }) => {
  document.body.classList.toggle('only', target.checked);
  for (const section of list?.children ?? []) if (target.checked) section.open = true;
});
addEventListener('hashchange', openNamed);
openNamed();
