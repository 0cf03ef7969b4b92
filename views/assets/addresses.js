// Adds the administrator's own address to the list of allowed ones.
import { announce } from './announce.js';

export function startAddresses() {
  for (const button of document.querySelectorAll('[data-add-address]')) {
    const list = document.getElementById(button.dataset.addTo);
    const address = button.dataset.addAddress;
    if (!list || !address) continue;
    const has = () => list.value.split(/[\s,]+/u).includes(address);
    const show = () => {
      button.hidden = has();
    };
    button.addEventListener('click', () => {
      const text = list.value.trimEnd();
      list.value = text === '' ? address : `${text}\n${address}`;
      list.dispatchEvent(new Event('input', { bubbles: true }));
      list.focus();
      announce(`Added ${address}.`);
    });
    list.addEventListener('input', show);
    show();
  }
}
