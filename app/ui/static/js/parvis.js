// What a page gains with script. Every page is complete without it; hooks are data-* attributes, nothing is inline.
// No browser storage and no saving for a form marked data-secret, nor for a field marked data-no-keep.

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...(root.matches?.(selector) ? [root] : []), ...root.querySelectorAll(selector)];
const on = (type, selector, act) =>
  document.addEventListener(type, (event) => {
    const found = event.target.closest?.(selector);
    if (found) act(found, event);
  });
const later = (act, wait) => {
  let timer;
  return (...args) => { clearTimeout(timer); timer = setTimeout(act, wait, ...args); };
};
const make = (tag, properties = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
};
const say = (text) => { const place = $('#annonce'); if (place) place.textContent = text; };
const many = (n, word) => `${n.toLocaleString('fr')} ${word}${n > 1 ? 's' : ''}`;

// --- drafts: saved on the server 2 s after typing stops, kept on the device until the server confirms ---

const drafts = new WeakMap();
const key = (form) => `parvis:${form.dataset.autosave}`;
const local = (act) => { try { return act(localStorage); } catch { return null; } };
const kept = (form) => $$('input, textarea, select', form).filter((field) =>
  field.name && !['hidden', 'file', 'password', 'submit', 'button'].includes(field.type) && !('noKeep' in field.dataset));
const typed = (form) => kept(form).filter((field) => field.checked || !/^(radio|checkbox)$/.test(field.type))
  .map((field) => [field.name, field.value]);
const tell = (form, text) => {
  const place = $('[data-saved]', form.closest('main') || document);
  if (place) place.textContent = text;
};

// A form that was sent and is not on the page that answers was received: the copy on the device may go. A browser's own
// error page runs nothing of this, so that a sending that failed keeps its copy.
const SENT = 'parvis:sent';
function received() {
  const sent = local((store) => store.getItem(SENT));
  if (!sent) return;
  local((store) => store.removeItem(SENT));
  if (!$$('form[data-autosave]').some((form) => key(form) === sent)) local((store) => store.removeItem(sent));
}

async function save(form) {
  const draft = drafts.get(form);
  if (draft.saving) { draft.again = true; return; }
  const body = new FormData(form);
  for (const field of $$('[type=file], [type=password], [data-no-keep]', form)) body.delete(field.name);
  const text = JSON.stringify(typed(form));
  draft.saving = true;
  try {
    const answer = await fetch(form.dataset.autosave, { method: 'POST', body, headers: { 'X-Parvis-Autosave': '1' } });
    if (!answer.ok) throw new Error(answer.status);
    const now = new Date();
    tell(form, `Enregistré à ${now.getHours()} h ${String(now.getMinutes()).padStart(2, '0')}`);
    offline(false);
    // Something may have been typed while the answer was on its way.
    if (JSON.stringify(typed(form)) === text) local((store) => store.removeItem(key(form)));
  } catch {
    if (!navigator.onLine) offline(true);
    else tell(form, 'Pas encore enregistré. Votre texte est gardé sur cet appareil.');
    draft.retry();
  }
  draft.saving = false;
  if (draft.again) { draft.again = false; save(form); }
}

function follow(form) {
  if (drafts.has(form) || 'secret' in form.dataset) return;
  drafts.set(form, { retry: later(() => save(form), 20000) });
  const soon = later(() => save(form), 2000);
  form.addEventListener('input', (event) => {
    if ('noKeep' in event.target.dataset) return;
    local((store) => store.setItem(key(form), JSON.stringify(typed(form))));
    soon();
  });
  restore(form);
}

function restore(form) {
  const before = local((store) => store.getItem(key(form)));
  if (!before || before === JSON.stringify(typed(form))) return;
  const bring = make('button', { type: 'button', className: 'btn btn-s btn-sm', textContent: 'Le reprendre' });
  const drop = make('button', { type: 'button', className: 'btn btn-q btn-sm', textContent: 'L’oublier' });
  const note = make('div', { className: 'note c-warn' }, make('div', {},
    make('p', { textContent: 'Un texte plus récent est gardé sur cet appareil.' }),
    make('div', { className: 'row row-tight mt3' }, bring, drop)));
  bring.onclick = () => {
    const values = JSON.parse(before);
    for (const field of kept(form)) {
      const mine = values.filter(([name]) => name === field.name).map(([, value]) => value);
      if (/^(radio|checkbox)$/.test(field.type)) field.checked = mine.includes(field.value);
      else if (mine.length) field.value = mine[0];
    }
    note.remove();
    form.dispatchEvent(new Event('input', { bubbles: true }));
    kept(form)[0]?.focus();
  };
  drop.onclick = () => { local((store) => store.removeItem(key(form))); note.remove(); };
  form.prepend(note);
}

function offline(lost) {
  let banner = $('.offline');
  if (lost && !banner) {
    banner = make('div', { className: 'offline', textContent: 'Connexion perdue. Votre texte est gardé sur cet appareil.' });
    banner.setAttribute('role', 'status');
    document.body.append(banner);
  } else if (!lost) banner?.remove();
}
addEventListener('offline', () => { if ($('[data-autosave]:not([data-secret])')) offline(true); });
addEventListener('online', () => { offline(false); $$('[data-autosave]').forEach((form) => drafts.has(form) && save(form)); });

// --- fields ---

function counted(field) {
  const place = document.getElementById(`${field.id}-c`);
  if (!place) return;
  const length = [...field.value].length;
  const rest = field.dataset.count - length;
  const least = (field.dataset.least || 0) - length;
  place.classList.toggle('over', rest < 0);
  place.textContent = rest < 0 ? `${many(-rest, 'caractère')} en trop`
    : length && least > 0 ? `Encore ${many(least, 'caractère')} au moins`
    : `Il reste ${many(rest, 'caractère')}`;
}
on('input', '[data-count]', counted);

const look = later(async (field) => {
  const place = document.getElementById(field.dataset.into || 'similaires');
  if (!place || field.value.trim().length < 8) return;
  const url = new URL(field.dataset.similar, location.href);
  url.searchParams.set('q', field.value);
  const asked = (place.dataset.asked = url.search);
  try {
    const answer = await fetch(url, { headers: { 'HX-Request': 'true' } });
    // A slower, older answer must not replace a newer one.
    if (!answer.ok) return;
    const found = (await answer.text()).trim();
    if (place.dataset.asked !== asked) return;
    place.innerHTML = found;
    place.hidden = !found;
  } catch { /* suggestions are a courtesy: typing goes on without them */ }
}, 600);
on('input', '[data-similar]', look);

function wrong(input, sentence) {
  const field = input.closest('.field');
  const id = `${input.id}-f`;
  document.getElementById(id)?.remove();
  field.classList.toggle('err', !!sentence || !!$('.em', field));
  if (!sentence) return;
  const message = make('p', { className: 'em', id, textContent: sentence });
  message.setAttribute('role', 'alert');
  (input.closest('.drop') || input).before(message);
}
on('change', '[data-file]', (input) => {
  const heavy = [...input.files].find((file) => file.size > input.dataset.file);
  const zone = input.closest('.drop');
  $$('img', zone).forEach((image) => { URL.revokeObjectURL(image.src); image.remove(); });
  if (heavy) {
    const limit = Math.round(input.dataset.file / 1e6);
    wrong(input, `« ${heavy.name} » est trop lourd : choisissez un fichier de ${limit} Mo au maximum`);
    input.value = '';
    return;
  }
  wrong(input, '');
  const photo = input.files[0];
  if (!('preview' in input.dataset) || !photo || !/^image\/(jpeg|png|webp|gif)$/.test(photo.type)) return;
  zone.append(make('img', { src: URL.createObjectURL(photo), alt: `Aperçu de ${photo.name}`, className: 'mt3', width: 320 }));
});

// --- sending: the server copes with two clicks; the button says it is busy and can still be pressed ---

document.addEventListener('submit', (event) => {
  const form = event.target;
  const button = event.submitter;
  if (event.defaultPrevented) return;
  const question = button?.dataset.confirm || form.dataset.confirm;
  if (question && !form.confirmed) {
    event.preventDefault();
    event.stopPropagation();
    confirmThen(question, button, () => { form.confirmed = true; form.requestSubmit(button); form.confirmed = false; });
    return;
  }
  if (drafts.has(form)) local((store) => store.setItem(SENT, key(form)));
  button?.setAttribute('aria-busy', 'true');
  // A file sent back as an answer leaves the page where it is.
  setTimeout(() => button?.removeAttribute('aria-busy'), 8000);
}, true);
addEventListener('pageshow', () => $$('button[aria-busy]').forEach((button) => button.removeAttribute('aria-busy')));

function confirmThen(question, button, act) {
  if (!window.HTMLDialogElement) { act(); return; }
  const yes = make('button', { className: 'btn btn-p', value: 'oui', textContent: button?.textContent.trim() || 'Confirmer' });
  const no = make('button', { className: 'btn btn-q', value: '', textContent: 'Annuler', autofocus: true });
  const title = make('h2', { id: 'question', textContent: question });
  const box = make('dialog', {}, make('form', { method: 'dialog' }, title, make('div', { className: 'row mt4' }, yes, no)));
  box.setAttribute('aria-labelledby', 'question');
  box.onclose = () => { box.remove(); button?.focus(); if (box.returnValue) act(); };
  document.body.append(box);
  box.showModal();
}

// --- sharing, messages, menus ---

on('click', '[data-copy]', async (button) => {
  const field = document.getElementById(button.dataset.copy);
  try { await navigator.clipboard.writeText(field.value); } catch { field.select(); document.execCommand('copy'); }
  say('Lien copié');
  button.lastChild.textContent = ' Lien copié';
});
on('click', '[data-native]', (button) => {
  const { title, url } = button.closest('[data-share]').dataset;
  navigator.share({ title, url }).catch(() => {});
});
on('click', '[data-dismiss]', (button) => { button.closest('[data-note]').remove(); $('#contenu').focus(); });
on('click', '[data-print]', () => print());
const FOLDED = 'details:is([data-menu], [data-share], .filters)';
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return;
  const open = event.target.closest?.(`${FOLDED}[open]`) || $('details[data-menu][open]');
  if (!open) return;
  open.open = false;
  $('summary', open).focus();
});
document.addEventListener('click', (event) => {
  for (const open of $$(`${FOLDED}[open]`)) if (!open.contains(event.target)) open.open = false;
});

// --- htmx: the old content stays until the new one is there; a failure says so and offers to try again ---

const target = (event) => event.detail.target || event.target;
document.addEventListener('htmx:beforeRequest', (event) => {
  target(event).setAttribute('aria-busy', 'true');
  $('.htmx-note')?.remove();
});
document.addEventListener('htmx:afterRequest', (event) => {
  target(event).removeAttribute('aria-busy');
  $$('button[aria-busy]').forEach((button) => button.removeAttribute('aria-busy'));
});
for (const failure of ['htmx:responseError', 'htmx:sendError', 'htmx:timeout']) document.addEventListener(failure, (event) => {
  const source = event.detail.elt;
  const again = make('button', { type: 'button', className: 'btn btn-s btn-sm', textContent: 'Réessayer' });
  const note = make('div', { className: 'note c-warn htmx-note' },
    make('p', { textContent: 'La page n’a pas pu être mise à jour. Rien n’est perdu.' }), again);
  note.setAttribute('role', 'alert');
  again.onclick = () => { note.remove(); if (source.requestSubmit) source.requestSubmit(); else source.click(); };
  target(event).before(note);
});
document.addEventListener('htmx:afterSettle', (event) => {
  // Sent once for each element that arrived.
  const region = event.target;
  prepare(region);
  // A live region that arrives with its text is not read aloud: put the text in again.
  const status = $('[role=status]:not(#annonce)', region);
  if (status) { const words = [...status.childNodes]; status.replaceChildren(); setTimeout(() => status.replaceChildren(...words), 60); }
});

// --- heavier parts (a map…) come when they are seen, or asked for: data-load="address of a module" ---

const seen = 'IntersectionObserver' in window && new IntersectionObserver((entries) => {
  for (const { isIntersecting, target: place } of entries) if (isIntersecting) load(place);
}, { rootMargin: '200px' });
function load(place) {
  if (seen) seen.unobserve(place);
  if (place.dataset.loaded) return;
  place.dataset.loaded = '1';
  import(place.dataset.load).then((part) => part.default(place)).catch(() => { delete place.dataset.loaded; });
}

function prepare(root) {
  $$('form[data-autosave]', root).forEach(follow);
  $$('[data-count]', root).forEach((field) => field.value && counted(field));
  $$('[data-copy], [data-dismiss], [data-print]', root).forEach((button) => { button.hidden = false; });
  if (navigator.share) $$('[data-native]', root).forEach((button) => { button.hidden = false; });
  $$('[data-load]', root).forEach((place) => (seen ? seen.observe(place) : load(place)));
  $('[data-focus]', root)?.focus();
}
received();
prepare(document);
