// Says a sentence to screen readers through the page's live region.

/** @param {string} text */
export function announce(text) {
  const region = document.querySelector('dialog[open] [data-announcer]') ?? document.querySelector('[data-announcer]');
  if (!region) return;
  // The same sentence twice in a row is only read again if the text changes in between.
  region.textContent = '';
  requestAnimationFrame(() => {
    region.textContent = text;
  });
}
