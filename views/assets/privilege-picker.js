// The tree of privileges: search, boxes that stand for whole groups, and counts. Without script every box works on its own.
import { announce } from './announce.js';

const boxesIn = (part) => [...part.querySelectorAll('[data-pick] input')];
const isFree = (box) => !box.disabled;
const isShown = (box) => !box.closest('[data-pick]').hidden;

function showGroup(group) {
  const all = group.querySelector('[data-pick-all]');
  if (!all) return;
  const free = boxesIn(group).filter(isFree);
  const chosen = free.filter((box) => box.checked).length;
  all.checked = chosen === free.length;
  all.indeterminate = chosen > 0 && chosen < free.length;
}

function showCount(api) {
  const boxes = boxesIn(api);
  const chosen = boxes.filter((box) => box.checked).length;
  api.querySelector('[data-pick-count]').textContent = `${chosen} of ${boxes.length}`;
}

function showTotal(picker) {
  const chosen = picker.querySelectorAll('[data-pick] input:checked').length;
  picker.querySelector('[data-pick-total]').value = `${chosen} chosen`;
}

/** Every word must be found in the name, the description or the group. */
function search(picker, items, text) {
  const words = text.toLowerCase().split(/\s+/u).filter(Boolean);
  for (const { element, words: own } of items) element.hidden = !words.every((word) => own.includes(word));
  for (const group of picker.querySelectorAll('[data-pick-group]')) {
    group.hidden = !group.querySelector('[data-pick]:not([hidden])');
  }
  for (const api of picker.querySelectorAll('[data-pick-api]')) {
    const found = api.querySelector('[data-pick-group]:not([hidden])') !== null;
    api.hidden = !found;
    api.dataset.wasOpen ??= String(api.open);
    api.open = words.length > 0 ? found : api.dataset.wasOpen === 'true';
    if (words.length === 0) delete api.dataset.wasOpen;
  }
  const count = items.filter(({ element }) => !element.hidden).length;
  picker.querySelector('[data-pick-none]').hidden = count > 0;
  if (words.length > 0) announce(`${count} found.`);
}

function start(picker) {
  const items = [...picker.querySelectorAll('[data-pick]')].map((element) => {
    const group = element.closest('[data-pick-group]').querySelector('bdi').textContent;
    const api = element.closest('[data-pick-api]').querySelector('bdi').textContent;
    return { element, words: `${element.textContent} ${group} ${api}`.toLowerCase() };
  });
  picker.addEventListener('change', (event) => {
    const group = event.target.closest('[data-pick-group]');
    if (!group) return;
    if (event.target.matches('[data-pick-all]')) {
      // While something is searched for, what is seen is what is meant.
      for (const box of boxesIn(group)) if (isFree(box) && isShown(box)) box.checked = event.target.checked;
    }
    showGroup(group);
    showCount(group.closest('[data-pick-api]'));
    showTotal(picker);
  });
  const field = picker.querySelector('[data-pick-search]');
  let waiting;
  field.addEventListener('input', () => {
    clearTimeout(waiting);
    // Emptied, it folds again what it had opened; later it would fold what was opened by hand since then.
    if (field.value.trim() === '') search(picker, items, '');
    else waiting = setTimeout(() => search(picker, items, field.value), 80);
  });
  // Enter would send the form that the field stands in.
  field.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') event.preventDefault();
  });
  for (const group of picker.querySelectorAll('[data-pick-group]')) showGroup(group);
  showTotal(picker);
}

export function startPrivilegePicker() {
  for (const picker of document.querySelectorAll('[data-privilege-picker]')) start(picker);
}
