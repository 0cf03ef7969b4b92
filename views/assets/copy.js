// Copy buttons: copy the text of another element, secrets included without showing them.
import { announce } from './announce.js';

const shownForMilliseconds = 2000;

/** The text of an element without the parts that only mask a secret. */
export function plainText(element) {
  const copy = element.cloneNode(true);
  for (const mask of copy.querySelectorAll('.masked')) mask.remove();
  return copy.textContent ?? '';
}

async function writeToClipboard(text) {
  if (navigator.clipboard && window.isSecureContext) {
    await navigator.clipboard.writeText(text);
    return;
  }
  // Plain http on another host than localhost: only the old way works there.
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'visually-hidden';
  area.setAttribute('aria-hidden', 'true');
  document.body.append(area);
  const focused = document.activeElement;
  area.select();
  // oxlint-disable-next-line typescript/no-deprecated -- the clipboard of today needs https; this works without it
  const copied = document.execCommand('copy');
  area.remove();
  focused?.focus();
  if (!copied) throw new Error('The browser refused to copy.');
}

async function copyFor(button) {
  const source = document.getElementById(button.dataset.copy);
  if (!source) return;
  const what = button.dataset.copyWhat;
  try {
    await writeToClipboard(plainText(source));
  } catch {
    announce(`Could not copy the ${what}. Select it and copy it by hand.`);
    button.dataset.state = 'failed';
    setTimeout(() => delete button.dataset.state, shownForMilliseconds);
    return;
  }
  announce(`Copied the ${what}.`);
  button.dataset.state = 'done';
  clearTimeout(Number(button.dataset.timer));
  button.dataset.timer = String(setTimeout(() => delete button.dataset.state, shownForMilliseconds));
}

export function startCopyButtons() {
  document.addEventListener('click', (event) => {
    const button = event.target instanceof Element ? event.target.closest('[data-copy]') : null;
    if (button) void copyFor(button);
  });
}
