// Keeps an impatient second click from sending a form twice: the answer to the first sending would get lost.

const lockedForMilliseconds = 5000;

export function startSubmitOnce() {
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (event.defaultPrevented || !(form instanceof HTMLFormElement)) return;
    if ((event.submitter?.formMethod || form.method) !== 'post') return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = 'true';
    // Loading may have been stopped by hand: then the form must work again.
    setTimeout(() => delete form.dataset.sent, lockedForMilliseconds);
  });
}
