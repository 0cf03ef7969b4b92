// The page that shows a secret: download as a file, and nothing left of it for the Back button.
import { announce } from './announce.js';
import { plainText } from './copy.js';

function download(button) {
  const source = document.getElementById(button.dataset.download);
  if (!source) return;
  const url = URL.createObjectURL(new Blob([plainText(source)], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = button.dataset.downloadName ?? 'client.env';
  link.click();
  // The browser reads the blob after this turn; a minute is plenty.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  announce('Downloaded the file.');
}

export function startSecretPage() {
  const page = document.querySelector('[data-secret-page]');
  if (!page) return;
  for (const button of page.querySelectorAll('[data-download]')) {
    button.addEventListener('click', () => download(button));
  }
  // From here on this entry of the history is the client's page: reloading it and coming back to it ask for that one, and the
  // browser has no form to send again.
  history.replaceState(null, '', page.dataset.next);
  // Browsers may keep a page alive for Back although it was sent with no-store.
  window.addEventListener('pagehide', () => page.replaceChildren());
  window.addEventListener('pageshow', (event) => {
    if (event.persisted) location.replace(page.dataset.next);
  });
}
